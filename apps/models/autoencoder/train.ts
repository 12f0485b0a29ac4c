import type { Scalar, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import type { Sequential } from '@tensorflow/tfjs-layers';
import { seededRandom } from '@plumbline/worker/random';
import type { FeatureMatrix } from '../feature-matrix';
import { AutoencoderError } from './errors';
import { buildNetwork } from './network';
import { RowScorer } from './row-scorer';
import { fitScaling, Standardizer, type Scaling } from './scaling';
import { shuffle } from './shuffle';
import type { TensorFlow } from './tensorflow';

/** How an autoencoder is trained. */
export interface TrainingOptions {
  /** Decides first weights, what is held back and the order of rows. @default 1 */
  readonly seed?: number;
  /** Passes over the rows, at most. @default 40 */
  readonly epochs?: number;
  /** Rows of a step. @default 256 */
  readonly batchSize?: number;
  /** Of Adam. @default 0.002 */
  readonly learningRate?: number;
  /** Share of the rows that only say when to stop. @default 0.1 */
  readonly heldBack?: number;
  /** Epochs without a better loss of the rows held back after which training stops; the best weights are kept. @default 5 */
  readonly patience?: number;
  /** Called after each epoch. */
  readonly onProgress?: (epoch: TrainedEpoch) => void;
  /** Stops training: it rejects with the signal's reason, and nothing of it stays in memory. */
  readonly signal?: AbortSignal;
}

/** Losses are means of the rows' scores. */
export interface TrainedEpoch {
  /** From 1. */
  readonly epoch: number;
  /** Of the rows that were learnt from, each as it was before its step. */
  readonly loss: number;
  readonly heldBackLoss: number;
}

/** What came of training, before it has a form. */
export interface TrainedNetwork {
  readonly network: Sequential;
  readonly scaling: Scaling;
  readonly epochs: readonly TrainedEpoch[];
  /** Loss of the first step, of weights that follow from the seed alone. */
  readonly firstLoss: number;
  readonly rows: number;
}

/** Spreads away from the centre that count fully; farther values are as if they were there, so that no single one decides. */
const clip = 8;
/** Fewer rows say nothing of how features go together. */
const leastRows = 200;
/** How long other work of the process may wait. */
const longestTurnMs = 25;

/**
 * Trains on rows that are taken to be normal. Beside the matrix it needs one batch of memory.
 *
 * @throws {AutoencoderError} `PLUMBLINE_AUTOENCODER_TRAINING`
 */
export async function trainNetwork(
  tensorFlow: TensorFlow,
  features: FeatureMatrix,
  options: TrainingOptions = {},
): Promise<TrainedNetwork> {
  const { seed = 1, epochs = 40, heldBack = 0.1, patience = 5, signal } = options;
  signal?.throwIfAborted();
  const scaling = fitScaling(features, clip, seed);
  const rows = rowsWithValues(features, scaling);
  if (rows.length < leastRows) {
    throw new AutoencoderError(
      'PLUMBLINE_AUTOENCODER_TRAINING',
      `${rows.length} rows with values are too few to train on; it takes ${leastRows}`,
    );
  }
  const random = seededRandom(seed);
  shuffle(rows, random);
  const held = rows.subarray(0, Math.max(1, Math.round(rows.length * heldBack)));
  const learnt = rows.subarray(held.length);
  const network = buildNetwork(tensorFlow, features.width, seed);
  const trainer = new Trainer(tensorFlow, network, scaling, features, options);
  const scorer = new RowScorer(tensorFlow, network, scaling);
  const history: TrainedEpoch[] = [];
  let best = { loss: Infinity, epoch: 0, weights: trainer.weights() };
  let firstLoss = NaN;
  try {
    for (let epoch = 1; epoch <= epochs && epoch - best.epoch <= patience; epoch += 1) {
      shuffle(learnt, random);
      const { loss, first } = await trainer.epoch(learnt);
      if (epoch === 1) firstLoss = first;
      const heldBackLoss = mean(scorer.score(features, held));
      if (!Number.isFinite(loss + heldBackLoss)) {
        throw new AutoencoderError('PLUMBLINE_AUTOENCODER_TRAINING', `the loss is ${loss} in epoch ${epoch}`);
      }
      history.push({ epoch, loss, heldBackLoss });
      if (heldBackLoss < best.loss) best = { loss: heldBackLoss, epoch, weights: trainer.weights() };
      options.onProgress?.({ epoch, loss, heldBackLoss });
    }
    trainer.setWeights(best.weights);
  } catch (error) {
    network.dispose();
    throw error;
  } finally {
    trainer.dispose();
  }
  return { network, scaling, epochs: history, firstLoss, rows: rows.length };
}

function rowsWithValues(features: FeatureMatrix, scaling: Scaling): Uint32Array {
  const standardizer = new Standardizer(scaling, 1);
  return Uint32Array.from({ length: features.rows }, (_, row) => row).filter(
    (row) => standardizer.write(features, row, 0) > 0,
  );
}

/** Own steps instead of `fit`, which shuffles by chance, knows no mask, and cannot be stopped between batches. */
class Trainer {
  private readonly standardizer: Standardizer;
  private readonly optimizer;
  private readonly variables: Variable[];

  constructor(
    private readonly tensorFlow: TensorFlow,
    private readonly network: Sequential,
    scaling: Scaling,
    private readonly features: FeatureMatrix,
    private readonly options: TrainingOptions,
  ) {
    this.standardizer = new Standardizer(scaling, options.batchSize ?? 256);
    this.optimizer = tensorFlow.core.train.adam(options.learningRate ?? 0.002);
    this.variables = network.trainableWeights
      .map((weight) => weight.read())
      .filter((tensor): tensor is Variable => tensor instanceof tensorFlow.core.Variable);
  }

  /** Learns from each row once, in the order given. */
  async epoch(rows: Uint32Array): Promise<{ readonly loss: number; readonly first: number }> {
    let sum = 0;
    let first = NaN;
    let turn = performance.now();
    for (let at = 0; at < rows.length; at += this.standardizer.capacity) {
      this.options.signal?.throwIfAborted();
      const batch = rows.subarray(at, at + this.standardizer.capacity);
      const loss = this.step(batch);
      if (at === 0) first = loss;
      sum += loss * batch.length;
      if (performance.now() - turn < longestTurnMs) continue;
      await new Promise(setImmediate);
      turn = performance.now();
    }
    return { loss: sum / rows.length, first };
  }

  private step(rows: Uint32Array): number {
    const { core } = this.tensorFlow;
    const { width } = this.features;
    rows.forEach((row, slot) => this.standardizer.write(this.features, row, slot));
    return core.tidy(() => {
      const filled = this.standardizer.inputs.subarray(0, rows.length * 2 * width);
      const inputs = core.tensor2d(filled, [rows.length, 2 * width]);
      const values = core.slice(inputs, [0, 0], [-1, width]);
      const present = core.slice(inputs, [0, width], [-1, width]);
      // As a row's score: of each row the mean over the values that it has; and of those the mean.
      const shares = core.div(present, core.mul(core.sum(present, 1, true), rows.length));
      const loss = () => {
        const output = this.network.apply(inputs, { training: true }) as Tensor2D;
        return core.sum<Scalar>(core.mul(core.square(core.sub(output, values)), shares));
      };
      return this.optimizer.minimize(loss, true, this.variables)?.dataSync()[0] ?? NaN;
    });
  }

  weights(): Float32Array[] {
    return this.variables.map((variable) => variable.dataSync<'float32'>().slice());
  }

  setWeights(weights: readonly Float32Array[]): void {
    const { core } = this.tensorFlow;
    core.tidy(() =>
      this.variables.forEach((variable, index) => {
        variable.assign(core.tensor(weights[index] ?? [], variable.shape));
      }),
    );
  }

  dispose(): void {
    this.optimizer.dispose();
  }
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
