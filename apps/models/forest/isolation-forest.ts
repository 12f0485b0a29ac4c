import type { FeatureMatrix } from '../feature-matrix';
import type { RowModel } from '../row-model';
import { decodeForest, encodeForest } from './codec';
import { growTrees, type ForestOptions } from './grow';
import { meanPathLengths, meanSearchLength, type Trees } from './trees';

/**
 * Rows that random splits set apart quickly are unusual: 2^(−E(h)/c(n)), 0 to 1, 0.5 where a row is like any other
 * (Liu, Ting, Zhou: Isolation Forest, ICDM 2008).
 */
export class IsolationForest implements RowModel {
  readonly name = 'isolation-forest';

  /** @param subsample rows that each tree was grown from */
  constructor(
    readonly trees: Trees,
    readonly subsample: number,
  ) {}

  /**
   * Learns from rows that are normal, or nearly all of them.
   *
   * @param columns the columns to look at, such as `FeatureSchema.dense`
   * @throws {RangeError} for fewer than two rows, no column, or options out of their limits
   */
  static train(matrix: FeatureMatrix, columns: readonly number[], options: ForestOptions = {}): IsolationForest {
    const { trees, subsample } = growTrees(matrix, columns, options);
    return new IsolationForest(trees, subsample);
  }

  /** @throws {RangeError} when the bytes are no forest */
  static decode(bytes: Uint8Array): IsolationForest {
    const { trees, subsample } = decodeForest(bytes);
    return new IsolationForest(trees, subsample);
  }

  encode(): Uint8Array {
    return encodeForest(this.trees, this.subsample);
  }

  /** @throws {RangeError} when the matrix lacks a column that the trees look at */
  score({ rows, width, values }: FeatureMatrix): Float64Array {
    const widest = this.trees.columns.reduce((most, column) => Math.max(most, column), 0);
    if (rows > 0 && widest >= width) {
      throw new RangeError(`the forest looks at column ${widest}, the matrix has ${width}`);
    }
    const c = meanSearchLength(this.subsample);
    return meanPathLengths(this.trees, rows, width, values).map((length) => 2 ** (-length / c));
  }
}
