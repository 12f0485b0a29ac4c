import { z } from 'zod';
import type { FeatureMatrix } from '../feature-matrix';
import { scorerNames } from '../calibration/combination';

const share = z.number().min(0).max(1);
const distributionSchema = z
  .object({
    /** Deciles, rising; fewer than nine where values tie. */
    edges: z.array(z.number()).max(9),
    /** Share of the values up to each edge from the one before, and of those above the last; of those that are there. */
    shares: z.array(share).min(1).max(10),
    /** Share of the rows that have none. */
    missing: share,
    /** How many values there are: how far chance may take the shares. @default - what of the training rows is not missing */
    values: z.number().int().min(0).optional(),
  })
  .refine(({ edges, shares }) => shares.length === edges.length + 1, 'a share more than edges')
  .refine(({ edges }) => edges.every((edge, i) => i === 0 || edge > (edges[i - 1] ?? 0)), 'edges that rise');
/** How values are distributed: what later ones are compared with to tell whether they drift. */
export type Distribution = z.infer<typeof distributionSchema>;

const trainingSchema = z.object({
  schema: z.literal(1),
  rows: z.number().int().min(0),
  /** One a column. */
  features: z.array(distributionSchema).max(1024),
  scores: z.partialRecord(z.enum([...scorerNames, 'combined']), distributionSchema),
});
/** Distribution of the features of the training traces, and of scores of normal traces. */
export type TrainingDistribution = Omit<z.infer<typeof trainingSchema>, 'schema'>;

/** The deciles of values, `NaN` where there is none, and what is between them. */
export function distributionOf(values: ArrayLike<number>): Distribution {
  const rising = Float64Array.from(values)
    .filter((value) => !Number.isNaN(value))
    .sort();
  const most = rising.at(-1) ?? 0;
  const edges: number[] = [];
  for (let decile = 1; decile <= 9; decile += 1) {
    const edge = rising[Math.ceil((decile * rising.length) / 10) - 1];
    // Nothing is above the greatest value, so it divides nothing; but where all are the same, whether later ones are above it is all there is.
    if (edge !== undefined && (edge < most || edge === rising[0]) && edge > (edges.at(-1) ?? -Infinity))
      edges.push(edge);
  }
  const missing = values.length === 0 ? 0 : 1 - rising.length / values.length;
  return { edges, shares: sharesOf(edges, rising), missing, values: rising.length };
}

/** Share of the values up to each edge from the one before, and of those above the last; `NaN` counts for none. */
export function sharesOf(edges: readonly number[], values: ArrayLike<number>): number[] {
  const counts = new Array<number>(edges.length + 1).fill(0);
  let all = 0;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? NaN;
    if (Number.isNaN(value)) continue;
    const bin = binOf(edges, value);
    counts[bin] = (counts[bin] ?? 0) + 1;
    all += 1;
  }
  return counts.map((count) => (all === 0 ? 0 : count / all));
}

/** Which of the stretches between edges a value is in: a value that is an edge is below it. */
export function binOf(edges: readonly number[], value: number): number {
  let bin = 0;
  while (bin < edges.length && value > (edges[bin] ?? 0)) bin += 1;
  return bin;
}

/** @param scores of normal traces by scorer; of ones that nothing was learnt from, else they are too low */
export function trainingDistribution(
  { rows, width, values }: FeatureMatrix,
  scores: Partial<Readonly<Record<keyof TrainingDistribution['scores'], Float64Array>>>,
): TrainingDistribution {
  const features = Array.from({ length: width }, (_, column) =>
    distributionOf(Float64Array.from({ length: rows }, (__, row) => values[row * width + column] ?? NaN)),
  );
  return {
    rows,
    features,
    scores: Object.fromEntries(Object.entries(scores).map(([name, of]) => [name, distributionOf(of)])),
  };
}

export function encodeTraining(training: TrainingDistribution): Uint8Array {
  return Buffer.from(JSON.stringify({ schema: 1, ...training }));
}

/** @throws {z.ZodError | SyntaxError} when the bytes are something else */
export function decodeTraining(bytes: Uint8Array): TrainingDistribution {
  const { schema: _schema, ...training } = trainingSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  return training;
}
