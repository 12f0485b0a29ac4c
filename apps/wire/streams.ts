import { CompactSketch } from './compact-sketch';
import { intern } from './intern';
import { isPeer } from './peer';
import { bucketOf, mergeSketch, zeroBucket, type Sketch } from './sketch';
import { entryKey, type StatsTable } from './stats';

/** What is watched of each row of a table: one outcome a trace, whatever the number of its spans. */
export const streamKinds = [
  /** Own time of an operation, time between a caller and its callee, time at one that sends no spans. */
  'self',
  'gap',
  'peer',
  /** Calls a request makes over an edge. */
  'fanout',
  /** A service's own time, time to those it calls and from those that call it, over what they usually are. */
  'own',
  'out',
  'in',
  /** The same of a whole trace, by its entry operation. */
  'whole',
  /** Failures that began in an operation, or anywhere in a service; traces that failed at their root. */
  'error',
  'errors',
  'failed',
  /** Requests that lacked a child that an operation regularly has, or one call. */
  'lacks',
  'lack',
  /** Requests at an entry operation, among all. */
  'volume',
] as const;
export type StreamKind = (typeof streamKinds)[number];

/** Values of one stream in a table: milliseconds, ratios, calls, or 0 and 1 for what happens or does not; one a trace. */
export interface StreamValues {
  /** Identifies the stream for all time. */
  readonly key: string;
  readonly kind: StreamKind;
  /** Key of the row in its map of the table. */
  readonly row: string;
  /** Service that it is about; of a call the caller. */
  readonly service: string;
  /** Other end of a call. */
  readonly callee?: string;
  readonly values: ReadonlyMap<number, number>;
}

export function streamKey(kind: StreamKind, row: string): string {
  return intern(`${kind}\n${row}`);
}

/** Bucket of a thing that happened, where it counts 1 and otherwise 0. */
export const happened = bucketOf(1);

/** All streams of a table that have any traffic. */
export function* streamsOf(table: StatsTable): Generator<StreamValues> {
  for (const [row, { service, perTrace, traces, failing, watched, lacking }] of table.operations) {
    if (perTrace.size > 0) yield { key: streamKey('self', row), kind: 'self', row, service, values: perTrace };
    yield* counted('error', row, service, failing, traces);
    yield* counted('lacks', row, service, lacking, watched);
  }
  for (const [row, { caller: service, callee, perTrace, fanout, watched, lacking }] of table.edges) {
    const kind = isPeer(callee) ? 'peer' : 'gap';
    if (perTrace.size > 0) yield { key: streamKey(kind, row), kind, row, service, callee, values: perTrace };
    if (fanout.size > 0) yield { key: streamKey('fanout', row), kind: 'fanout', row, service, callee, values: fanout };
    yield* counted('lack', row, service, lacking, watched, callee);
  }
  for (const [row, { service, own, out, in: inbound, failing, traces }] of table.services) {
    if (own.size > 0) yield { key: streamKey('own', row), kind: 'own', row, service, values: own };
    if (out.size > 0) yield { key: streamKey('out', row), kind: 'out', row, service, values: out };
    if (inbound.size > 0) yield { key: streamKey('in', row), kind: 'in', row, service, values: inbound };
    yield* counted('errors', row, service, failing, traces);
  }
  const total = [...table.entries.values()].reduce((sum, { traces }) => sum + traces, 0);
  for (const { service, operation, ratio, failed, traces } of table.entries.values()) {
    const row = entryKey(service, operation);
    if (ratio.size > 0) yield { key: streamKey('whole', row), kind: 'whole', row, service, values: ratio };
    yield* counted('failed', row, service, failed, traces);
    yield* counted('volume', row, service, traces, total);
  }
}

function* counted(
  kind: StreamKind,
  row: string,
  service: string,
  k: number,
  n: number,
  callee?: string,
): Generator<StreamValues> {
  if (n <= 0) return;
  const values: Sketch = new Map();
  if (n > k) values.set(zeroBucket, n - k);
  if (k > 0) values.set(happened, k);
  yield { key: streamKey(kind, row), kind, row, service, values, ...(callee === undefined ? {} : { callee }) };
}

/**
 * How a stream's share above any value varies from minute to minute. With n values in a block and k of them in a bucket or
 * above it, `squares` has Σ k²/n over the blocks, for every bucket as the sum from it upwards, so that it is known for whatever
 * threshold is asked later. Adds up, and can be forgotten, like a sketch.
 */
export interface StreamSpread {
  /** Blocks that had any value. */
  blocks: number;
  readonly squares: Sketch;
}

/** Adds the values of one block. */
export function addBlock(spread: StreamSpread, values: ReadonlyMap<number, number>): void {
  const buckets = [...values].filter(([, count]) => count > 0).sort(([a], [b]) => b - a);
  const n = buckets.reduce((sum, [, count]) => sum + count, 0);
  if (n <= 0) return;
  spread.blocks += 1;
  let above = 0;
  const squares: Sketch = new Map();
  for (const [bucket, count] of buckets) {
    squares.set(bucket, ((above + count) ** 2 - above ** 2) / n);
    above += count;
  }
  mergeSketch(spread.squares, squares);
}

/** Sum of a sketch from a bucket upwards. */
export function sumFrom(sketch: ReadonlyMap<number, number>, bucket: number): number {
  if (sketch instanceof CompactSketch) return sketch.sumFrom(bucket);
  let sum = 0;
  for (const [b, count] of sketch) if (b >= bucket && count > 0) sum += count;
  return sum;
}
