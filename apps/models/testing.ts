import { indexBatch, ProfileScorer, type TraceReader } from '@plumbline/anomaly-detection';
import { bundleOf, shopTraces, type Fault } from '../anomaly-detection/testing';
import type { Bundle } from '@plumbline/wire';
import { traceBatchFrom, type PlainTrace } from '@plumbline/wire/testing';
import { seededRandom } from '@plumbline/worker/random';
import type { FeatureMatrix } from './feature-matrix';
import { FeatureCounter, FeatureReader, type FeatureRows, type FeatureSchema } from './features';
import { PathCounter, type PathModel } from './paths';

/** What tests learn from the shop of detection's tests. */
export interface LearntShop {
  readonly bundle: Bundle;
  readonly scorer: ProfileScorer;
  readonly schema: FeatureSchema;
  readonly paths: PathModel;
}

/** Profile, features and paths of normal requests to the shop. */
export function learnShop(traces = 1000): LearntShop {
  const bundle = bundleOf(shopTraces(1, traces, 0, 20));
  const scorer = new ProfileScorer(bundle);
  const [features, paths] = [new FeatureCounter(), new PathCounter()];
  readTraces(scorer, shopTraces(2, traces, 0, 20), features, paths);
  return { bundle, scorer, schema: features.define(), paths: paths.model() };
}

/** Lets readers read traces, two hundred a batch. */
export function readTraces(scorer: ProfileScorer, traces: readonly PlainTrace[], ...readers: TraceReader[]): void {
  for (let from = 0; from < traces.length; from += 200) {
    const batch = traceBatchFrom(traces.slice(from, from + 200));
    const all = Array.from({ length: batch.traces.count }, (_, trace) => trace);
    scorer.score(batch, indexBatch(batch), all, {
      read: (measured) => {
        for (const reader of readers) reader.read(measured);
      },
    });
  }
}

/** Features of traces. */
export function rowsOf({ scorer, schema, paths }: LearntShop, traces: readonly PlainTrace[]): FeatureRows {
  const reader = new FeatureReader(schema, paths);
  readTraces(scorer, traces, reader);
  return reader.take();
}

/** Features of requests to the shop that go wrong. */
export function shopRows(shop: LearntShop, seed: number, count: number, fault?: Fault): FeatureRows {
  return rowsOf(shop, shopTraces(seed, count, 0, 20, fault));
}

/** A matrix of rows. */
export function matrixOf(rows: readonly (readonly number[])[]): FeatureMatrix {
  return { rows: rows.length, width: rows[0]?.length ?? 0, values: Float32Array.from(rows.flat()) };
}

/** Rows of independent standard normal values, by Box and Muller; `shift` is added to each of the last `outliers` rows. */
export function gaussianRows(seed: number, rows: number, width: number, outliers = 0, shift = 4): number[][] {
  const random = seededRandom(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: width }, () => Math.fround(normal() + (row >= rows - outliers ? shift : 0))),
  );
}

/** Area under the ROC curve: the share of pairs of an unusual and a usual score in which the unusual one is greater, ties by half. */
export function areaUnderCurve(usual: ArrayLike<number>, unusual: ArrayLike<number>): number {
  let won = 0;
  for (const u of Array.from(unusual)) {
    for (const v of Array.from(usual)) won += u > v ? 1 : u === v ? 0.5 : 0;
  }
  return won / (usual.length * unusual.length);
}
