/**
 * Trees of one depth, each laid out as a heap: the children of node i are 2i + 1 and 2i + 2, and the leaves are its last level.
 * A branch that ends earlier goes left to the leaf below it. So no arrangement of numbers can loop or lead out of a tree.
 *
 * A row goes right where its value is greater than the threshold, and a missing value (`NaN`) never is: it goes left, where more of
 * the rows went that the tree was grown from. Where these are the greater ones the node compares the negated values.
 */
export interface Trees {
  readonly count: number;
  /** Levels of nodes above the leaves. */
  readonly depth: number;
  /** Columns of the matrix that the trees look at. */
  readonly columns: Uint16Array;
  /** `count × (2^depth − 1)`: index into `columns`, plus their number for the negated value. */
  readonly column: Uint16Array;
  readonly threshold: Float64Array;
  /** `count × 2^depth`: edges to the leaf, and c(n) for the n rows that were not told apart there. */
  readonly pathLength: Float64Array;
}

/** Rows that go through a tree one after the other: they and the tree stay in the cache. */
const blockRows = 512;

/**
 * Adds the path lengths of the rows of a block in one tree. All rows go down a level before the next: the steps of one row wait for
 * each other, those of different rows do not. The indices are within the arrays by how trees are made and read.
 */
function descend(trees: Trees, tree: number, block: Float32Array, nodes: Int32Array, sums: Float64Array): void {
  const { depth, column, threshold, pathLength } = trees;
  const stride = 2 * trees.columns.length;
  const first = tree * (2 ** depth - 1);
  const firstLeaf = first + tree - (2 ** depth - 1);
  nodes.fill(0);
  for (let level = 0; level < depth; level += 1) {
    for (let row = 0, at = 0; row < nodes.length; row += 1, at += stride) {
      const node = nodes[row] as number;
      const i = first + node;
      const right = (block[at + (column[i] as number)] as number) > (threshold[i] as number);
      nodes[row] = 2 * node + 1 + Number(right);
    }
  }
  for (let row = 0; row < nodes.length; row += 1) {
    sums[row] = (sums[row] as number) + (pathLength[firstLeaf + (nodes[row] as number)] as number);
  }
}

/** Mean path length of each row over all trees. */
export function meanPathLengths(trees: Trees, rows: number, width: number, values: Float32Array): Float64Array {
  const { count, columns } = trees;
  const looked = columns.length;
  const most = Math.min(blockRows, rows);
  const block = new Float32Array(most * 2 * looked);
  const nodes = new Int32Array(most);
  const sums = new Float64Array(rows);
  for (let from = 0; from < rows; from += blockRows) {
    const size = Math.min(blockRows, rows - from);
    for (let row = 0; row < size; row += 1) {
      for (let i = 0; i < looked; i += 1) {
        const value = values[(from + row) * width + (columns[i] ?? 0)] ?? NaN;
        block[row * 2 * looked + i] = value;
        block[row * 2 * looked + looked + i] = -value;
      }
    }
    const [slots, totals] = [nodes.subarray(0, size), sums.subarray(from, from + size)];
    for (let tree = 0; tree < count; tree += 1) descend(trees, tree, block, slots, totals);
  }
  for (let row = 0; row < rows; row += 1) sums[row] = (sums[row] ?? 0) / count;
  return sums;
}

/**
 * Mean length of an unsuccessful search in a binary search tree of n: 2H(n − 1) − 2(n − 1)/n with H(i) ≈ ln i + γ
 * (Liu, Ting, Zhou: Isolation Forest, ICDM 2008, equation 1).
 */
export function meanSearchLength(n: number): number {
  if (n <= 1) return 0;
  if (n === 2) return 1;
  return 2 * (Math.log(n - 1) + 0.577_215_664_901_532_9) - (2 * (n - 1)) / n;
}
