import { forestLimits } from './grow';
import { meanSearchLength, type Trees } from './trees';

const magic = 'PLFOREST';
const schema = 1;
const headBytes = 8 + 5 * 4;

/**
 * Little-endian: `PLFOREST`, then as unsigned 32 bit schema, trees, subsample, depth, columns; then as unsigned 16 bit the
 * columns; thresholds and path lengths as doubles; the columns of nodes as unsigned 16 bit. See {@link Trees}.
 */
export function encodeForest(trees: Trees, subsample: number): Uint8Array {
  const bytes = Buffer.alloc(sizeOf(trees.count, trees.depth, trees.columns.length));
  bytes.write(magic, 'latin1');
  let at = 8;
  for (const value of [schema, trees.count, subsample, trees.depth, trees.columns.length]) {
    at = bytes.writeUInt32LE(value, at);
  }
  for (const value of trees.columns) at = bytes.writeUInt16LE(value, at);
  for (const value of trees.threshold) at = bytes.writeDoubleLE(value, at);
  for (const value of trees.pathLength) at = bytes.writeDoubleLE(value, at);
  for (const value of trees.column) at = bytes.writeUInt16LE(value, at);
  return bytes;
}

/** @throws {RangeError} when the bytes are no forest, or one beyond the limits */
export function decodeForest(content: Uint8Array): { readonly trees: Trees; readonly subsample: number } {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const demand = (holds: boolean, what: string): void => {
    if (!holds) throw new RangeError(`not a forest: ${what}`);
  };
  demand(bytes.length >= headBytes && bytes.toString('latin1', 0, 8) === magic, 'it does not begin as one');
  const [version = 0, count = 0, subsample = 0, depth = 0, looked = 0] = [0, 1, 2, 3, 4].map((i) =>
    bytes.readUInt32LE(8 + 4 * i),
  );
  demand(version === schema, `schema ${version} is not ${schema}`);
  demand(count >= 1 && count <= forestLimits.trees, `${count} trees`);
  demand(subsample >= 2 && subsample <= forestLimits.subsample, `${subsample} rows a tree`);
  demand(depth >= 1 && depth <= forestLimits.depth, `${depth} levels`);
  demand(looked >= 1 && looked <= forestLimits.columns, `${looked} columns`);
  demand(bytes.length === sizeOf(count, depth, looked), `${bytes.length} bytes are not what its head says`);

  let at = headBytes;
  const columns = Uint16Array.from({ length: looked }, (_, i) => bytes.readUInt16LE(at + 2 * i));
  at += 2 * looked;
  const nodes = count * (2 ** depth - 1);
  const leaves = count * 2 ** depth;
  const threshold = Float64Array.from({ length: nodes }, (_, i) => bytes.readDoubleLE(at + 8 * i));
  at += 8 * nodes;
  const pathLength = Float64Array.from({ length: leaves }, (_, i) => bytes.readDoubleLE(at + 8 * i));
  at += 8 * leaves;
  const column = Uint16Array.from({ length: nodes }, (_, i) => bytes.readUInt16LE(at + 2 * i));
  const longest = depth + meanSearchLength(subsample);
  demand(!threshold.some(Number.isNaN), 'a threshold is no number');
  demand(
    pathLength.every((length) => length >= 0 && length <= longest),
    `a path is longer than ${longest}`,
  );
  demand(
    column.every((index) => index < 2 * looked),
    'a node looks at a column that there is not',
  );
  return { trees: { count, depth, columns, column, threshold, pathLength }, subsample };
}

function sizeOf(count: number, depth: number, columns: number): number {
  return headBytes + 2 * columns + count * (2 ** depth - 1) * 10 + count * 2 ** depth * 8;
}
