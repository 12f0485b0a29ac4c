import type { LearnedModels } from '../bundle';
import { binOf, type Distribution } from '../bundle/distribution';
import type { FeatureRows } from '../features';
import type { LearnedScores } from '../scoring';

/** What of a version drift is measured by. */
export type DriftModels = Pick<LearnedModels, 'training'> & {
  readonly schema: Pick<LearnedModels['schema'], 'names'>;
  readonly manifest: Pick<LearnedModels['manifest'], 'version'>;
};

/** Traces that a version scored. */
export interface Scored {
  readonly rows: FeatureRows;
  readonly scores: Pick<LearnedScores, 'scores' | 'combined'>;
}

/** One number a trace, and how it was distributed when the version was trained. */
export interface Watched {
  readonly kind: 'feature' | 'score';
  /** Name of the feature, or of who scored. */
  readonly name: string;
  readonly edges: readonly number[];
  readonly shares: readonly number[];
  /** Values in the training, and rows with or without one. */
  readonly values: number;
  readonly rows: number;
  readonly missing: number;
}

/** Everything that is watched of a version: its features by column, then its scores. */
export function watchedOf({ training, schema }: DriftModels): readonly Watched[] {
  const watched = (kind: Watched['kind'], name: string, { edges, shares, missing, values }: Distribution): Watched => {
    const there = values ?? Math.round(training.rows * (1 - missing));
    return { kind, name, edges, shares, missing, values: there, rows: kind === 'feature' ? training.rows : there };
  };
  return [
    ...training.features.map((distribution, column) =>
      watched('feature', schema.names[column] ?? String(column), distribution),
    ),
    ...Object.entries(training.scores).map(([name, distribution]) => watched('score', name, distribution)),
  ];
}

/** How often each value of each watched number came in a stretch. */
export class StretchCounts {
  traces = 0;
  private readonly bins: readonly Uint32Array[];

  constructor(private readonly watched: readonly Watched[]) {
    this.bins = watched.map(({ shares }) => new Uint32Array(shares.length));
  }

  /** Counts of the values of a watched number, by bin. */
  of(index: number): Uint32Array {
    return this.bins[index] ?? new Uint32Array(0);
  }

  add({ rows, scores }: Scored, row: number): void {
    this.traces += 1;
    for (let index = 0; index < this.watched.length; index += 1) {
      const each = this.watched[index];
      const counts = this.bins[index];
      if (each === undefined || counts === undefined) continue;
      const isFeature = each.kind === 'feature';
      const value = isFeature ? (rows.values[row * rows.width + index] ?? NaN) : scoreOf(each.name, scores, rows, row);
      if (Number.isNaN(value)) continue;
      const bin = binOf(each.edges, value);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
  }
}

/** As the training puts them down: of all scorers together the score that goes on rising beyond p. */
function scoreOf(name: string, { scores, combined }: Scored['scores'], rows: FeatureRows, row: number): number {
  if (name === 'combined') return combined[row]?.score ?? NaN;
  if (name === 'profile') return rows.profile[row] ?? NaN;
  for (const [model, of] of scores) if (model === name) return of[row] ?? NaN;
  return NaN;
}
