import type { Activation, Served, ServedVersion } from '../registry/served';
import type { Serving } from './served-models';

/** Versions that are kept in memory at most: those that serve now, come next and came before. */
const mostVersions = 6;

/** Who serves from an event time on. */
export interface Segment<Version> {
  readonly fromMs: number;
  readonly serving: Serving<Version>;
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
 * Who serves when, as `servedAt` has it, of the versions that could be loaded. Where a wanted champion could not, the one before it
 * goes on; a challenger that could not has no traces, and of event times whose champion is wanted no more nobody is it.
 */
export function segmentsOf<Version>(
  served: Pick<Served, 'timeline'>,
  loaded: ReadonlyMap<string, Version>,
): readonly Segment<Version>[] {
  const { timeline } = served;
  const wanted = new Set(wantedVersions(served).map(({ version }) => version));
  const goesOn = (version: ServedVersion | undefined) =>
    version === undefined || loaded.has(version.version) || !wanted.has(version.version);
  const times = [...timeline.champion, ...timeline.challenger].map(({ effectiveFromMs }) => effectiveFromMs);
  return [...new Set(times)]
    .sort((a, b) => a - b)
    .map((fromMs) => {
      const held = <V extends ServedVersion>(activations: readonly Activation<V>[], usable: (version?: V) => boolean) =>
        activations.findLast(({ effectiveFromMs, version }) => effectiveFromMs <= fromMs && usable(version))?.version;
      const champion = held(timeline.champion, goesOn);
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
