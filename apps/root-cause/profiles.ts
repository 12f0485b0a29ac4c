import { currentProfileKey } from '@plumbline/contracts';
import { BundleReader, type Bundle, type PointerEntry } from '@plumbline/wire';
import { type Log, messageOf, type ObjectStore, silentLog } from '@plumbline/worker';
import type { ProfileSource, ReferenceProfile } from './reference';

interface Effective extends ReferenceProfile {
  readonly effectiveFromMs: number;
}

/** Profiles that are kept though the pointer no longer names them: windows of their time may still come. */
const mostProfiles = 24;

/** Profiles of the bundles that detection judges by, from the model store. */
export class BundleProfiles implements ProfileSource {
  private profiles: readonly Effective[] = [];
  private readonly reader: BundleReader;

  constructor(
    models: ObjectStore,
    private readonly log: Log = silentLog,
  ) {
    this.reader = new BundleReader(models, ({ version, key }, reason) => {
      this.log.warn({ version, key, reason }, 'profile was not loaded');
    });
  }

  /** Never throws: a store that cannot be reached leaves everything as it was. */
  async refresh(): Promise<void> {
    try {
      const entries = await this.reader.read(
        (version) => this.profiles.some((known) => known.version === version),
        (bundle, { effectiveFromMs }) => this.add(referenceOf(bundle), effectiveFromMs),
      );
      for (const entry of entries ?? []) this.nameAgain(entry);
    } catch (error) {
      this.log.warn({ key: currentProfileKey, reason: messageOf(error) }, 'profiles could not be looked up');
    }
  }

  forTime(eventTimeMs: number): ReferenceProfile | undefined {
    return this.profiles.findLast(({ effectiveFromMs }) => effectiveFromMs <= eventTimeMs);
  }

  /** A roll-back: a version that is known, from a later time on. */
  private nameAgain({ version, effectiveFromMs }: PointerEntry): void {
    const known = this.profiles.filter((profile) => profile.version === version);
    const [first] = known;
    if (first === undefined || known.some((profile) => profile.effectiveFromMs === effectiveFromMs)) return;
    this.add(first, effectiveFromMs);
  }

  private add(profile: ReferenceProfile, effectiveFromMs: number): void {
    this.profiles = [...this.profiles, { ...profile, effectiveFromMs }]
      .sort((a, b) => a.effectiveFromMs - b.effectiveFromMs)
      .slice(-mostProfiles);
  }
}

function referenceOf({ version, thresholds, profile, spread, ranking }: Bundle): ReferenceProfile {
  const { alpha, minSupport } = thresholds;
  return { version, alpha, minSupport, profile, spread, ...(ranking === undefined ? {} : { model: ranking }) };
}
