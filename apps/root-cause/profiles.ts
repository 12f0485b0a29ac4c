import { currentProfileKey } from '@plumbline/contracts';
import { BundleError, bundlePointerSchema, decodeBundle, type BundlePointer } from '@plumbline/wire';
import { type Log, type ObjectStore, silentLog } from '@plumbline/worker';
import type { ProfileSource, ReferenceProfile } from './reference';

interface Effective extends ReferenceProfile {
  readonly effectiveFromMs: number;
}

/** Profiles that are kept though the pointer no longer names them: windows of their time may still come. */
const mostProfiles = 24;

/** Profiles of the bundles that detection judges by, from the model store. */
export class BundleProfiles implements ProfileSource {
  private profiles: readonly Effective[] = [];
  private readonly refused = new Set<string>();

  constructor(
    private readonly models: ObjectStore,
    private readonly log: Log = silentLog,
  ) {}

  /** Never throws: a store that cannot be reached leaves everything as it was. */
  async refresh(): Promise<void> {
    try {
      const bytes = await this.models.get(currentProfileKey);
      if (bytes === undefined) return;
      const { bundles } = bundlePointerSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
      for (const entry of bundles) await this.load(entry);
    } catch (error) {
      this.log.warn({ key: currentProfileKey, reason: messageOf(error) }, 'profiles could not be looked up');
    }
  }

  forTime(eventTimeMs: number): ReferenceProfile | undefined {
    return this.profiles.findLast(({ effectiveFromMs }) => effectiveFromMs <= eventTimeMs);
  }

  private async load({ version, key, effectiveFromMs }: BundlePointer['bundles'][number]): Promise<void> {
    const same = this.profiles.find((known) => known.version === version);
    if (this.refused.has(version) || same?.effectiveFromMs === effectiveFromMs) return;
    try {
      const loaded = same ?? (await this.read(version, key));
      this.profiles = [...this.profiles, { ...loaded, effectiveFromMs }]
        .sort((a, b) => a.effectiveFromMs - b.effectiveFromMs)
        .slice(-mostProfiles);
    } catch (error) {
      // An object that is there and wrong stays wrong; anything else may be there next time.
      if (error instanceof BundleError) this.refused.add(version);
      this.log.warn({ version, key, reason: messageOf(error) }, 'profile was not loaded');
    }
  }

  private async read(version: string, key: string): Promise<ReferenceProfile> {
    const bytes = await this.models.get(key);
    if (bytes === undefined) throw new Error(`there is no object ${key}`);
    const { profile, thresholds } = decodeBundle(bytes);
    return { version, alpha: thresholds.alpha, minSupport: thresholds.minSupport, profile };
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500);
}
