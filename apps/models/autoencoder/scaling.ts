import { seededRandom } from '@plumbline/worker/random';
import { z } from 'zod';
import type { FeatureMatrix } from '../feature-matrix';
import { shuffle } from './shuffle';

/** Values by which a quantile is estimated; of more, as many are drawn. */
const sampled = 50_000;
/** Columns of which fewer values were seen are left out: nothing was learnt of them. */
const leastSeen = 30;
/** Interquartile range of a normal distribution of spread 1. */
const quartilesOfNormal = 1.349;

const finite = z.number().refine(Number.isFinite);

/** How columns become numbers about 0 of spread 1. */
export const scalingSchema = z.object({
  schema: z.literal(1),
  /** Standardized values lie between `-clip` and `clip`. */
  clip: finite.positive(),
  columns: z
    .array(
      z.object({
        center: finite,
        spread: finite.positive(),
        /** False for a column of which too little was seen in training: it is absent from every row. */
        used: z.boolean(),
      }),
    )
    .min(1)
    .max(4_096),
});
export type Scaling = z.infer<typeof scalingSchema>;

/**
 * Median and interquartile range of each column, which a few faulty traces do not move. Where at least half of the values are
 * the same, as of a flag, the spread is the standard deviation; where all are, 1, so that departures count in their own unit.
 */
export function fitScaling(features: FeatureMatrix, clip: number, seed: number): Scaling {
  const rows = Uint32Array.from({ length: features.rows }, (_, row) => row);
  if (features.rows > sampled) shuffle(rows, seededRandom(seed));
  const taken = rows.subarray(0, sampled);
  const columns = Array.from({ length: features.width }, (_, column) =>
    fitColumn(presentValues(features, taken, column)),
  );
  return { schema: 1, clip, columns };
}

function presentValues({ values, width }: FeatureMatrix, rows: Uint32Array, column: number): Float32Array {
  const present = new Float32Array(rows.length);
  let count = 0;
  for (const row of rows) {
    const value = values[row * width + column] ?? NaN;
    if (Number.isFinite(value)) present[count++] = value;
  }
  return present.subarray(0, count).sort();
}

function fitColumn(sorted: Float32Array): Scaling['columns'][number] {
  if (sorted.length < leastSeen) return { center: 0, spread: 1, used: false };
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const center = at(0.5);
  const quartiles = (at(0.75) - at(0.25)) / quartilesOfNormal;
  const spread = quartiles > 0 ? quartiles : standardDeviation(sorted);
  // Rounding of a constant is no spread.
  const rounding = 1e-6 * Math.abs(center);
  return { center, spread: Math.fround(spread > rounding ? spread : 1), used: true };
}

function standardDeviation(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/** A scaling column by column, as whoever computes with it wants it. */
export function scalingArrays({ columns }: Scaling) {
  return {
    centers: Float32Array.from(columns, ({ center }) => center),
    spreads: Float32Array.from(columns, ({ spread }) => spread),
    /** 1 for columns that are used. */
    used: Uint8Array.from(columns, ({ used }) => Number(used)),
  };
}

/** Standardizes rows into what the network takes: the values, 0 where absent, and beside them 1 where present. */
export class Standardizer {
  /** Values of the rows standardized last and then their presence: `2 × width` a row. */
  readonly inputs: Float32Array;
  private readonly centers: Float32Array;
  private readonly spreads: Float32Array;
  private readonly used: Uint8Array;
  private readonly clip: number;

  /** @param capacity most rows at a time */
  constructor(
    scaling: Scaling,
    readonly capacity: number,
  ) {
    this.inputs = new Float32Array(capacity * scaling.columns.length * 2);
    ({ centers: this.centers, spreads: this.spreads, used: this.used } = scalingArrays(scaling));
    this.clip = scaling.clip;
  }

  /** @returns how many values the row has */
  write({ values, width }: FeatureMatrix, row: number, slot: number): number {
    const { inputs, centers, spreads, used, clip } = this;
    const from = row * width;
    const to = slot * width * 2;
    let present = 0;
    for (let column = 0; column < width; column += 1) {
      const value = values[from + column] ?? NaN;
      const has = used[column] === 1 && !Number.isNaN(value);
      const standardized = has ? (value - (centers[column] ?? 0)) / (spreads[column] ?? 1) : 0;
      inputs[to + column] = Math.min(clip, Math.max(-clip, standardized));
      inputs[to + width + column] = has ? 1 : 0;
      if (has) present += 1;
    }
    return present;
  }
}
