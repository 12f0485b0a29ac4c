import type { StretchCounts, Watched } from './baseline';
import { beyondChance, chanceBound, populationStability, type Stability } from './population-stability';

/** How far one watched number has moved. */
export interface Drift {
  readonly kind: Watched['kind'];
  readonly name: string;
  /** Its values, or how often traces have none. */
  readonly of: 'value' | 'missing';
  /** Population stability index, less what chance makes of it. */
  readonly psi: number;
  /** At the bound or above it, and more than chance does. */
  readonly drifts: boolean;
}

/** How a stretch of event time compares with what a version was trained with. */
export interface DriftReport {
  readonly version: string;
  /** The stretch, milliseconds since the epoch. */
  readonly fromMs: number;
  readonly throughMs: number;
  readonly traces: number;
  /** Everything that can be compared, worst first; none where there were too few traces. */
  readonly drifts: readonly Drift[];
}

/** When something drifts. */
export interface DriftBounds {
  /** Index from which people act. */
  readonly psi: number;
  /** Probability of the stretch that anything of it exceeds by chance alone. */
  readonly chance: number;
  /** Traces of a stretch below which nothing is compared. */
  readonly leastTraces: number;
}

/** Values on either side below which a number is not compared: ten for each tenth of them. */
const leastValues = 100;

/** Compares what was counted in a stretch; the same counts, the same report. */
export function compare(watched: readonly Watched[], counts: StretchCounts, bounds: DriftBounds): readonly Drift[] {
  if (counts.traces < bounds.leastTraces) return [];
  const measured = watched.flatMap((each, index) => {
    const now = counts.of(index);
    const values = now.reduce((sum, count) => sum + count, 0);
    const found: (Pick<Drift, 'kind' | 'name' | 'of'> & { readonly stability: Stability })[] = [];
    const { kind, name } = each;
    if (each.shares.length > 1 && Math.min(values, each.values) >= leastValues)
      found.push({ kind, name, of: 'value', stability: populationStability(each, now) });
    if (kind === 'feature' && Math.min(counts.traces, each.rows) >= leastValues) {
      const expected = { shares: [1 - each.missing, each.missing], values: each.rows };
      const stability = populationStability(expected, [values, counts.traces - values]);
      found.push({ kind, name, of: 'missing', stability });
    }
    return found;
  });
  // Of each as little as leaves all of them together what they may have: Bonferroni.
  const chance = bounds.chance / Math.max(1, measured.length);
  return measured
    .map(({ stability, ...rest }) => {
      const psi = beyondChance(stability);
      return { ...rest, psi, drifts: psi >= bounds.psi && stability.psi > chanceBound(stability, chance) };
    })
    .sort((a, b) => b.psi - a.psi || keyOf(a).localeCompare(keyOf(b), 'en'));
}

/** Which number it is. */
export function keyOf({ kind, of, name }: Pick<Drift, 'kind' | 'of' | 'name'>): string {
  return `${kind} ${of} ${name}`;
}
