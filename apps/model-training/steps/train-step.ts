import { Autoencoder, decodeFeatureSchema, IsolationForest } from '@plumbline/models';
import type { Log } from '@plumbline/worker';
import { z } from 'zod';
import type { RunFolder } from '../dataset/run-folder';
import { matrixOf, readFeatureTable } from '../features/feature-table';
import { featureFiles } from './features-step';

/** Files that the step leaves, and the folder of the autoencoder's own. */
export const trainedFiles = {
  forest: 'models/forest.bin',
  autoencoder: 'models/autoencoder/',
  report: 'models/train.json',
} as const;

export const trainedSchema = z.object({
  rows: z.number(),
  parameters: z.record(z.string(), z.union([z.number(), z.string()])),
  loss: z.number(),
});
export type Trained = z.infer<typeof trainedSchema>;

export interface TrainOptions {
  readonly run: RunFolder;
  /** @default 1 */
  readonly seed?: number;
  /** Passes of the autoencoder over its rows, at most. @default 40 */
  readonly epochs?: number;
  /** Trees of the forest. @default 100 */
  readonly trees?: number;
  /** What computes. @default 'wasm' */
  readonly backend?: 'wasm' | 'tfjs-node';
  readonly log: Log;
  readonly signal?: AbortSignal;
}

/** Trains the models with the normal traces of their part. The same features and options give the same models. */
export async function trainModels(options: TrainOptions): Promise<Trained> {
  const { run, seed = 1, epochs = 40, trees = 100, backend = 'wasm', log, signal } = options;
  const schema = decodeFeatureSchema(await run.get(featureFiles.schema, 'features'));
  const matrix = matrixOf(readFeatureTable(await run.get(featureFiles.table('train'), 'features')));
  const forest = IsolationForest.train(matrix, schema.dense, { trees, seed });
  await run.put(trainedFiles.forest, forest.encode());
  const training = await Autoencoder.train(matrix, {
    seed,
    epochs,
    backend,
    onProgress: ({ epoch, loss, heldBackLoss }) => log.info({ epoch, loss, heldBackLoss }, 'autoencoder'),
    ...(signal === undefined ? {} : { signal }),
  });
  for (const [path, bytes] of training.autoencoder.files()) await run.put(trainedFiles.autoencoder + path, bytes);
  const last = training.epochs.at(-1);
  const report: Trained = {
    rows: matrix.rows,
    parameters: { seed, epochs: training.epochs.length, trees, subsample: forest.subsample, backend },
    loss: last?.heldBackLoss ?? training.firstLoss,
  };
  training.autoencoder.dispose();
  await run.putJson(trainedFiles.report, report);
  return report;
}

/** The models that the step left. */
export async function readTrained(run: RunFolder): Promise<{ forest: IsolationForest; autoencoder: Autoencoder }> {
  const forest = IsolationForest.decode(await run.get(trainedFiles.forest, 'train'));
  const files = new Map<string, Uint8Array>();
  for (const path of await run.list(trainedFiles.autoencoder)) {
    files.set(path.slice(trainedFiles.autoencoder.length), await run.get(path, 'train'));
  }
  return { forest, autoencoder: await Autoencoder.load(files) };
}
