import type { Tensor } from '@tensorflow/tfjs-core';
import type { Sequential } from '@tensorflow/tfjs-layers';
import type { FeatureMatrix } from '../feature-matrix';
import { Standardizer, type Scaling } from './scaling';
import type { TensorFlow } from './tensorflow';

/** Rows that are looked at together: at twice as many speed no longer grows, and they no longer fit the processor's cache. */
const batchRows = 256;

/** Scores rows by how far the network's reconstruction is off. */
export class RowScorer {
  private readonly standardizer: Standardizer;
  private readonly present = new Float64Array(batchRows);
  private readonly width: number;
  private readonly activations: readonly unknown[];

  constructor(
    private readonly tensorFlow: TensorFlow,
    private readonly network: Sequential,
    scaling: Scaling,
  ) {
    this.standardizer = new Standardizer(scaling, batchRows);
    this.width = scaling.columns.length;
    this.activations = network.layers.map((layer) => layer.getConfig().activation);
  }

  /**
   * Mean over the values that a row has of the squared error, in spreads; 0 of a row that has none.
   *
   * @param rows which, in the order of the scores @default - all
   */
  score(features: FeatureMatrix, rows?: Uint32Array): Float64Array {
    const scores = new Float64Array(rows?.length ?? features.rows);
    for (let first = 0; first < scores.length; first += batchRows) {
      const count = Math.min(batchRows, scores.length - first);
      for (let slot = 0; slot < count; slot += 1) {
        const row = rows?.[first + slot] ?? first + slot;
        this.present[slot] = this.standardizer.write(features, row, slot);
      }
      this.scoreBatch(scores.subarray(first, first + count));
    }
    return scores;
  }

  private scoreBatch(scores: Float64Array): void {
    const { width, present } = this;
    const inputs = this.standardizer.inputs;
    const outputs = this.reconstruct(scores.length);
    for (let slot = 0; slot < scores.length; slot += 1) {
      const values = slot * width * 2;
      let sum = 0;
      for (let column = 0; column < width; column += 1) {
        const error = (outputs[slot * width + column] ?? 0) - (inputs[values + column] ?? 0);
        sum += error * error * (inputs[values + width + column] ?? 0);
      }
      scores[slot] = sum / Math.max(1, present[slot] ?? 0);
    }
  }

  /**
   * What `predictOnBatch` of the network computes, by the same kernels and without what it does beside: of a hundred rows it takes
   * three times as long. `predict` would cut the rows into batches of 32, at a tenth of the speed.
   */
  private forward(inputs: Tensor): Tensor {
    const { core } = this.tensorFlow;
    let values = inputs;
    for (const [i, layer] of this.network.layers.entries()) {
      const [kernel, bias] = layer.getWeights();
      const activation = this.activations[i];
      if (kernel === undefined || bias === undefined) throw new TypeError(`layer ${layer.name} has no weights`);
      const fused = activation === 'relu' ? 'relu' : 'linear';
      const sums = core.fused.matMul({ a: values, b: kernel, bias, activation: fused });
      values = activation === 'tanh' ? core.tanh(sums) : sums;
    }
    return values;
  }

  private reconstruct(rows: number): Float32Array {
    const { core } = this.tensorFlow;
    const width = this.width * 2;
    let read: Float32Array | undefined;
    // `tidy` looks for tensors in what it is returned, one element of an array after the other: so it is returned nothing.
    core.tidy(() => {
      const inputs = core.tensor2d(this.standardizer.inputs.subarray(0, rows * width), [rows, width]);
      read = this.forward(inputs).dataSync<'float32'>();
    });
    if (read === undefined) throw new TypeError('the network has an output');
    return read;
  }
}
