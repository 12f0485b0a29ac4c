import { currentProfileKey } from '@plumbline/contracts';
import { BundleReader, decodeSpread, encodeSpread, type Bundle, type PointerEntry } from '@plumbline/wire';
import { type Log, messageOf, type ObjectStore, silentLog } from '@plumbline/worker';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { ProfileSource, ReferenceProfile } from './reference';
import { readOptions } from './unread';

interface Effective {
  readonly profile: ReferenceProfile;
  readonly effectiveFromMs: number;
}

/** Profiles that are kept though the pointer no longer names them: windows of their time may still come. */
const mostProfiles = 24;

/**
 * Profiles of the bundles that detection judges by, from the model store. A profile of a large system takes a tenth of the memory
 * there is, so only those are held that windows still to come were judged by: mostly one, and two while one takes the place of another.
 */
export class BundleProfiles implements ProfileSource {
  private profiles: readonly Effective[] = [];
  private readonly reader: BundleReader;

  constructor(
    models: ObjectStore,
    private readonly log: Log = silentLog,
  ) {
    this.reader = new BundleReader(
      models,
      ({ version, key }, reason) => {
        this.log.warn({ version, key, reason }, 'profile was not loaded');
      },
      readOptions,
    );
  }

  /** Never throws: a store that cannot be reached leaves everything as it was. */
  async refresh(neededFromMs = -Infinity): Promise<void> {
    this.profiles = this.profiles.filter((_, i) => !isOver(this.profiles.slice(i + 1), neededFromMs));
    try {
      const entries = await this.reader.read(
        (version, later) =>
          isOver(later, neededFromMs) || this.profiles.some((known) => known.profile.version === version),
        (bundle, { effectiveFromMs }) => this.add(referenceOf(bundle), effectiveFromMs),
      );
      for (const entry of entries ?? []) this.nameAgain(entry);
    } catch (error) {
      this.log.warn({ key: currentProfileKey, reason: messageOf(error) }, 'profiles could not be looked up');
    }
  }

  forTime(eventTimeMs: number): ReferenceProfile | undefined {
    return this.profiles.findLast(({ effectiveFromMs }) => effectiveFromMs <= eventTimeMs)?.profile;
  }

  /** A roll-back: a version that is known, from a later time on. */
  private nameAgain({ version, effectiveFromMs }: PointerEntry): void {
    const known = this.profiles.filter(({ profile }) => profile.version === version);
    const [first] = known;
    if (first === undefined || known.some((other) => other.effectiveFromMs === effectiveFromMs)) return;
    this.add(first.profile, effectiveFromMs);
  }

  private add(profile: ReferenceProfile, effectiveFromMs: number): void {
    this.profiles = [...this.profiles, { profile, effectiveFromMs }]
      .sort((a, b) => a.effectiveFromMs - b.effectiveFromMs)
      .slice(-mostProfiles);
  }
}

/** Whether a later one judged everything from an event time on. */
function isOver(later: readonly { readonly effectiveFromMs: number }[], fromMs: number): boolean {
  return later.some(({ effectiveFromMs }) => effectiveFromMs <= fromMs);
}

/** How streams vary is needed once a tenant, when its baselines are made; until then it is held packed. */
function referenceOf({ version, thresholds, profile, spread, ranking }: Bundle): ReferenceProfile {
  const packed = deflateRawSync(encodeSpread(spread), { level: 1 });
  return {
    version,
    alpha: thresholds.alpha,
    minSupport: thresholds.minSupport,
    profile,
    ...(ranking === undefined ? {} : { model: ranking }),
    get spread() {
      return decodeSpread(inflateRawSync(packed));
    },
  };
}
