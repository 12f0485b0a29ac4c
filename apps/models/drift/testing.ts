import { seededRandom } from '@plumbline/worker/random';
import { trainingDistribution } from '../bundle';
import type { DriftBatch } from './drift-monitor';
import type { DriftModels } from './baseline';

/** Values of one trace by feature; the last is its score. */
export type Draw = (trace: number) => ArrayLike<number>;

/** A version that was trained with these traces. */
export function trainedWith(width: number, traces: number, draw: Draw, version = '000001-000000000001'): DriftModels {
  const values = new Float32Array(traces * width);
  const score = new Float64Array(traces);
  for (let trace = 0; trace < traces; trace += 1) {
    const drawn = draw(trace);
    for (let column = 0; column < width; column += 1) values[trace * width + column] = drawn[column] ?? NaN;
    score[trace] = drawn[width] ?? NaN;
  }
  return {
    manifest: { version },
    schema: { names: Array.from({ length: width }, (_, column) => `feature-${column}`) },
    training: trainingDistribution({ rows: traces, width, values }, { combined: score }),
  };
}

/** Traces that a version has scored, evenly over a stretch of event time. */
export function scoredBy(
  models: DriftModels,
  traces: number,
  draw: Draw,
  { fromMs, durationMs }: { readonly fromMs: number; readonly durationMs: number },
): DriftBatch {
  const width = models.schema.names.length;
  const values = new Float32Array(traces * width);
  const eventTimesMs = new Float64Array(traces);
  const combined = Array.from({ length: traces }, (_, trace) => {
    const drawn = draw(trace);
    for (let column = 0; column < width; column += 1) values[trace * width + column] = drawn[column] ?? NaN;
    eventTimesMs[trace] = fromMs + (durationMs * trace) / traces;
    return { p: {}, combinedP: 1, score: drawn[width] ?? NaN, exceeds: false };
  });
  const rows = {
    rows: traces,
    width,
    values,
    traces: Int32Array.from({ length: traces }, (_, trace) => trace),
    entries: new Array<string>(traces).fill('GET /'),
    profile: new Float64Array(traces),
  };
  return { models, role: 'champion', rows, scores: { scores: new Map(), combined }, eventTimesMs };
}

/** Independent uniform values, each column moved by what `shift` says. */
export function uniform(seed: number, width: number, shift: (column: number) => number = () => 0): Draw {
  const random = seededRandom(seed);
  const row = new Float64Array(width + 1);
  return () => {
    for (let column = 0; column <= width; column += 1) row[column] = random() + shift(column);
    return row;
  };
}
