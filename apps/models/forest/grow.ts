import { seededRandom } from '@plumbline/worker/random';
import type { FeatureMatrix } from '../feature-matrix';
import { meanSearchLength, type Trees } from './trees';

/** How a forest is grown; the defaults are those of the paper. */
export interface ForestOptions {
  /** @default 100 */
  readonly trees?: number;
  /** Rows that each tree is grown from, at most 4096. @default 256 */
  readonly subsample?: number;
  /** @default 1 */
  readonly seed?: number;
}

/** Limits of a forest; a tree of 4096 rows has twelve levels. */
export const forestLimits = { trees: 1000, subsample: 4096, depth: 12, columns: 1024 } as const;

/**
 * Grows trees that split a random one of the columns that still tell rows apart at a random value between their extremes.
 *
 * @param columns the columns to look at
 * @returns the trees, and the number of rows each was grown from
 * @throws {RangeError} for fewer than two rows, no column, or options out of their limits
 */
export function growTrees(
  matrix: FeatureMatrix,
  columns: readonly number[],
  { trees: count = 100, subsample = 256, seed = 1 }: ForestOptions,
): { readonly trees: Trees; readonly subsample: number } {
  const within = (name: string, value: number, least: number, most: number): void => {
    if (Number.isInteger(value) && value >= least && value <= most) return;
    throw new RangeError(`a forest needs ${least} to ${most} ${name}, not ${value}`);
  };
  within('trees', count, 1, forestLimits.trees);
  within('rows a tree', subsample, 2, forestLimits.subsample);
  within('columns', columns.length, 1, forestLimits.columns);
  within('rows', matrix.rows, 2, 2 ** 31 - 1);
  for (const column of columns)
    within(`columns of ${matrix.width}, each`, column, 0, Math.min(matrix.width, 65_536) - 1);

  const size = Math.min(subsample, matrix.rows);
  const depth = Math.ceil(Math.log2(size));
  const trees: Trees = {
    count,
    depth,
    columns: Uint16Array.from(columns),
    column: new Uint16Array(count * (2 ** depth - 1)),
    threshold: new Float64Array(count * (2 ** depth - 1)).fill(Infinity),
    pathLength: new Float64Array(count * 2 ** depth),
  };
  const grower = new Grower(matrix, trees, seededRandom(seed));
  for (let tree = 0; tree < count; tree += 1) grower.grow(tree, size);
  return { trees, subsample: size };
}

class Grower {
  /** All rows; the first ones are those of the tree that is being grown. */
  private readonly rows: Int32Array;
  private readonly order: Uint16Array;

  constructor(
    private readonly matrix: FeatureMatrix,
    private readonly trees: Trees,
    private readonly random: () => number,
  ) {
    this.rows = Int32Array.from({ length: matrix.rows }, (_, i) => i);
    this.order = Uint16Array.from(trees.columns, (_, i) => i);
  }

  grow(tree: number, size: number): void {
    const { rows } = this;
    for (let i = 0; i < size; i += 1) {
      const j = i + Math.floor(this.random() * (rows.length - i));
      [rows[i], rows[j]] = [rows[j] ?? 0, rows[i] ?? 0];
    }
    this.split(tree, 0, 0, 0, size);
  }

  private split(tree: number, node: number, level: number, from: number, to: number): void {
    const { trees } = this;
    const chosen = level < trees.depth && to - from > 1 ? this.choose(from, to) : undefined;
    if (chosen === undefined) {
      const below = 2 ** (trees.depth - level);
      // The leftmost leaf below the node.
      const leaf = node * below + below - 1 - (2 ** trees.depth - 1);
      trees.pathLength[tree * 2 ** trees.depth + leaf] = level + meanSearchLength(to - from);
      return;
    }
    const { column, threshold } = chosen;
    const greater = this.countGreater(column, threshold, from, to);
    const negated = greater.above > greater.below;
    const at = tree * (2 ** trees.depth - 1) + node;
    trees.column[at] = negated ? column + trees.columns.length : column;
    trees.threshold[at] = negated ? -threshold : threshold;
    const middle = this.partition(column, threshold, negated, from, to);
    this.split(tree, 2 * node + 1, level + 1, from, middle);
    this.split(tree, 2 * node + 2, level + 1, middle, to);
  }

  private value(row: number, column: number): number {
    return this.matrix.values[(this.rows[row] ?? 0) * this.matrix.width + (this.trees.columns[column] ?? 0)] ?? NaN;
  }

  /** A random column among those with two different values, and a value between its extremes. */
  private choose(from: number, to: number): { readonly column: number; readonly threshold: number } | undefined {
    const { order } = this;
    for (let i = 0; i < order.length; i += 1) {
      const j = i + Math.floor(this.random() * (order.length - i));
      [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
      const column = order[i] ?? 0;
      let least = Infinity;
      let most = -Infinity;
      for (let row = from; row < to; row += 1) {
        const value = this.value(row, column);
        if (!Number.isFinite(value)) continue;
        if (value < least) least = value;
        if (value > most) most = value;
      }
      if (least < most) return { column, threshold: this.between(least, most) };
    }
    return undefined;
  }

  /** No single-precision number itself, so that it makes no difference which way values are compared that equal it. */
  private between(least: number, most: number): number {
    for (;;) {
      const threshold = least + this.random() * (most - least);
      if (Math.fround(threshold) !== threshold) return threshold;
    }
  }

  private countGreater(column: number, threshold: number, from: number, to: number) {
    let [above, below] = [0, 0];
    for (let row = from; row < to; row += 1) {
      const value = this.value(row, column);
      if (value > threshold) above += 1;
      else if (value <= threshold) below += 1;
    }
    return { above, below };
  }

  /** Rows that go left first. */
  private partition(column: number, threshold: number, negated: boolean, from: number, to: number): number {
    const { rows } = this;
    let middle = from;
    for (let row = from; row < to; row += 1) {
      const value = this.value(row, column);
      if (negated ? value < threshold : value > threshold) continue;
      [rows[row], rows[middle]] = [rows[middle] ?? 0, rows[row] ?? 0];
      middle += 1;
    }
    return middle;
  }
}
