import type { LearnedScore } from '@plumbline/wire';
import type { LearnedModels } from '../bundle';
import { rowModelsOf } from '../bundle';
import type { Combined } from '../calibration';
import type { FeatureRows } from '../features';
import type { RowModelName } from '../row-model';

/** What of the models is needed to score. */
export type ScoringModels = Pick<LearnedModels, 'schema' | 'paths' | 'forest' | 'autoencoder' | 'combination'> & {
  readonly manifest: Pick<LearnedModels['manifest'], 'version'>;
};

/** What the learned models say of the rows that they were given. */
export interface LearnedScores {
  /** One value a row by model. */
  readonly scores: ReadonlyMap<RowModelName, Float64Array>;
  readonly combined: readonly Combined[];
  /** Puts down what is said of a row, so that it can be computed again. */
  readonly put: (row: number) => LearnedScore;
}

/** Scores rows of features by each model of a version, and combines what they say with what the profile says. */
export class LearnedScorer {
  readonly version: string;
  private readonly rowModels;

  constructor(private readonly models: ScoringModels) {
    this.version = models.manifest.version;
    this.rowModels = rowModelsOf(models);
  }

  /** @throws {RangeError} when the rows are of other features */
  score(rows: FeatureRows): LearnedScores {
    const width = this.models.schema.names.length;
    if (rows.width !== width) throw new RangeError(`rows have ${rows.width} features, models ${this.version} ${width}`);
    const scores = new Map<RowModelName, Float64Array>();
    for (const [name, model] of this.rowModels) {
      scores.set(name, rows.rows === 0 ? new Float64Array(0) : model.score(rows).map(usable));
    }
    const combined = Array.from({ length: rows.rows }, (_, row) =>
      this.models.combination.judge(rows.entries[row] ?? '', (name) =>
        name === 'profile' ? usable(rows.profile[row] ?? 0) : (scores.get(name)?.[row] ?? 0),
      ),
    );
    return {
      scores,
      combined,
      put: (row) => {
        const judged = combined[row];
        if (judged === undefined) throw new RangeError(`there is no row ${row}`);
        return {
          version: this.version,
          entry: rows.entries[row] ?? '',
          features: sparse(rows.values.subarray(row * width, (row + 1) * width)),
          profile: usable(rows.profile[row] ?? 0),
          scores: Object.fromEntries([...scores].map(([name, of]) => [name, of[row] ?? 0])),
          p: judged.p,
          combinedP: judged.combinedP,
          score: judged.score,
          exceeds: judged.exceeds,
        };
      },
    };
  }
}

/**
 * Computes what the models say anew, from the features that were put down.
 *
 * @throws {RangeError} when the models are of another version, or lack a column that was put down
 */
export function recompute(put: LearnedScore, models: ScoringModels): LearnedScore {
  const { version } = models.manifest;
  if (put.version !== version) throw new RangeError(`the score is of models ${put.version}, not of ${version}`);
  const width = models.schema.names.length;
  const values = new Float32Array(width).fill(NaN);
  for (const [column, value] of put.features) {
    if (column >= width) throw new RangeError(`models ${version} have ${width} features, there is no column ${column}`);
    values[column] = value;
  }
  const profile = Float64Array.of(put.profile);
  const rows = { rows: 1, width, values, traces: Int32Array.of(0), entries: [put.entry], profile };
  return new LearnedScorer(models).score(rows).put(0);
}

/** Nine significant digits tell all single-precision numbers apart. */
function sparse(values: Float32Array): [number, number][] {
  const pairs: [number, number][] = [];
  for (const [column, value] of values.entries()) {
    if (Number.isFinite(value)) pairs.push([column, Number(value.toPrecision(9))]);
  }
  return pairs;
}

/** A model that says no number says nothing. */
function usable(score: number): number {
  return Number.isNaN(score) ? 0 : Math.min(Math.max(score, 0), Number.MAX_VALUE);
}
