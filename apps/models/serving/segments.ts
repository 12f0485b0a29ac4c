import type { Activation, Served, ServedVersion } from '../registry/served';
import type { LoadedVersion } from './loaded-version';
import type { Serving } from './served-models';

/** Versions that are kept in memory at most: those that serve now, come next and came before. */
const mostVersions = 6;

/** Who serves from an event time on. */
export interface Segment {
  readonly fromMs: number;
  readonly serving: Serving;
}

/** The versions of the newest activations, the newest first: those of event times that traces still come from. */
export function wantedVersions({ timeline }: Pick<Served, 'timeline'>): readonly ServedVersion[] {
  const wanted = new Map<string, ServedVersion>();
  const activations = [...timeline.champion, ...timeline.challenger];
  for (const { version } of activations.sort((a, b) => b.effectiveFromMs - a.effectiveFromMs)) {
    if (version !== undefined && wanted.size < mostVersions && !wanted.has(version.version)) {
      wanted.set(version.version, version);
    }
  }
  return [...wanted.values()];
}

/**
 * Who serves when, as `servedAt` has it, of the versions that could be loaded. Where a champion could not, the one before it goes
 * on; a challenger that could not has no traces.
 */
export function segmentsOf(
  { timeline }: Pick<Served, 'timeline'>,
  loaded: ReadonlyMap<string, LoadedVersion>,
): readonly Segment[] {
  const times = [...timeline.champion, ...timeline.challenger].map(({ effectiveFromMs }) => effectiveFromMs);
  return [...new Set(times)]
    .sort((a, b) => a - b)
    .map((fromMs) => {
      const held = <V extends ServedVersion>(activations: readonly Activation<V>[], usable: (version?: V) => boolean) =>
        activations.findLast(({ effectiveFromMs, version }) => effectiveFromMs <= fromMs && usable(version))?.version;
      const champion = held(timeline.champion, (version) => version === undefined || loaded.has(version.version));
      const challenger = held(timeline.challenger, () => true);
      const [first, second] = [loaded.get(champion?.version ?? ''), loaded.get(challenger?.version ?? '')];
      return {
        fromMs,
        serving: {
          ...(first && { champion: first }),
          ...(second && second !== first && { challenger: second }),
          share: challenger?.share ?? 0,
        },
      };
    });
}
