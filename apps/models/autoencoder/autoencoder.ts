import type { Sequential } from '@tensorflow/tfjs-layers';
import type { FeatureMatrix } from '../feature-matrix';
import type { RowModel } from '../row-model';
import { decodeNetwork, encodeNetwork, loadNetwork, type StoredNetwork } from './artifacts';
import { AutoencoderError } from './errors';
import { RowScorer } from './row-scorer';
import { tensorFlow, type Backend, type TensorFlow } from './tensorflow';
import { trainNetwork, type TrainedEpoch, type TrainingOptions } from './train';

export interface LoadOptions {
  /** @default 'wasm', which is the faster of the two at networks of this size */
  readonly backend?: Backend;
}

/** An autoencoder, and how its training went. */
export interface AutoencoderTraining {
  readonly autoencoder: Autoencoder;
  readonly epochs: readonly TrainedEpoch[];
  /** Loss before anything was learnt, of the first step's rows. */
  readonly firstLoss: number;
  /** Rows that had values. */
  readonly rows: number;
}

/**
 * A network that reproduces normal rows through a layer of a quarter of their width, so that it has to know how values go
 * together; where they do not, it is off. The score of a row is the mean squared error over the values it has, in spreads.
 *
 * Each value is standardized by median and spread of its column. Absent ones are 0 and count neither in training nor in the
 * score; which are present is an input too: without it, absent and exactly normal would be the same, and of made traces that
 * lack a service which their operation always calls 28 % were found in place of 83 %, at 1 % false alarms.
 *
 * @example
 * const { autoencoder } = await Autoencoder.train(normal, { seed: 7, signal });
 * await store(autoencoder.files());
 * const served = await Autoencoder.load(files);
 * const scores = served.score(features);
 */
export class Autoencoder implements RowModel {
  readonly name = 'autoencoder';
  /** Columns of the matrices that it takes. */
  readonly width: number;
  private readonly scorer: RowScorer;

  private constructor(
    tensors: TensorFlow,
    private readonly network: Sequential,
    /** Its weights and scaling, for exports. */
    readonly stored: StoredNetwork,
    private readonly encoded: ReadonlyMap<string, Uint8Array>,
  ) {
    this.width = stored.scaling.columns.length;
    this.scorer = new RowScorer(tensors, network, stored.scaling);
  }

  /**
   * Learns rows that are taken to be normal. The same rows, options and backend make the same weights.
   *
   * @throws {AutoencoderError} `PLUMBLINE_AUTOENCODER_TRAINING` with too few rows, or where the loss is no number
   * @throws {AutoencoderError} `PLUMBLINE_AUTOENCODER_BACKEND`
   * @throws the reason of the signal, when it is aborted
   */
  static async train(
    features: FeatureMatrix,
    { backend, ...options }: TrainingOptions & LoadOptions = {},
  ): Promise<AutoencoderTraining> {
    checkShape(features, features.width);
    const tensors = await tensorFlow(backend);
    const { network, scaling, epochs, firstLoss, rows } = await trainNetwork(tensors, features, options);
    const files = await encodeNetwork(tensors, network, scaling);
    const autoencoder = new Autoencoder(tensors, network, decodeNetwork(files), files);
    return { autoencoder, epochs, firstLoss, rows };
  }

  /**
   * @param files path → content; others than its own are not looked at
   * @throws {AutoencoderError} `PLUMBLINE_AUTOENCODER_FILES` where they are not an autoencoder
   * @throws {AutoencoderError} `PLUMBLINE_AUTOENCODER_BACKEND`
   */
  static async load(files: ReadonlyMap<string, Uint8Array>, { backend }: LoadOptions = {}): Promise<Autoencoder> {
    const stored = decodeNetwork(files);
    const tensors = await tensorFlow(backend);
    const own = new Map([...files].filter(([path]) => path.startsWith('autoencoder/')));
    return new Autoencoder(tensors, await loadNetwork(tensors, own), stored, own);
  }

  /** @throws {AutoencoderError} `PLUMBLINE_AUTOENCODER_FEATURES` where the matrix has other columns */
  score(features: FeatureMatrix): Float64Array {
    checkShape(features, this.width);
    return this.scorer.score(features);
  }

  /** What {@link load} takes. */
  files(): Map<string, Uint8Array> {
    return new Map(this.encoded);
  }

  /** Gives back its memory, which no garbage collector sees; it scores no more. */
  dispose(): void {
    this.network.dispose();
  }
}

function checkShape({ rows, width, values }: FeatureMatrix, expected: number): void {
  if (width === expected && values.length === rows * width) return;
  throw new AutoencoderError(
    'PLUMBLINE_AUTOENCODER_FEATURES',
    `${values.length} values of ${rows} rows of ${width} columns; it takes ${expected} columns`,
  );
}
