import { edgeKey, noRow, operationKey } from '@plumbline/wire';
import type { AssembledBatch } from './assemble';

/** Times of one operation or call, milliseconds, of each trace that has any. */
export type RowTimes = readonly (readonly number[])[];

/**
 * Own times of operations' spans and times between the ends of calls, or at those who send no spans; by key of the row in its table.
 *
 * @param only has the rows that are wanted
 */
export function rowTimes(
  batches: readonly AssembledBatch[],
  only: { has(key: string): boolean },
): ReadonlyMap<string, RowTimes> {
  const rows = new Map<string, number[][]>();
  for (const assembled of batches) {
    const keys = keysOf(assembled, only);
    const isCall = new Uint8Array(assembled.batch.spans.count);
    for (let trace = 0; trace < assembled.batch.traces.count; trace += 1) {
      for (const [key, times] of timesOf(assembled, trace, keys, isCall)) {
        const known = rows.get(key);
        if (known === undefined) rows.set(key, [times]);
        else known.push(times);
      }
    }
  }
  return rows;
}

/** Keys by index of the batch; `undefined` where the row is not wanted. */
interface Keys {
  readonly operations: readonly (string | undefined)[];
  readonly edges: readonly (string | undefined)[];
}

function keysOf({ index }: AssembledBatch, only: { has(key: string): boolean }): Keys {
  const wanted = (key: string): string | undefined => (only.has(key) ? key : undefined);
  return {
    operations: index.operations.map((row) => wanted(operationKey(row.service, row.operation, row.kind, row.entry))),
    edges: index.edges.map((row) => wanted(edgeKey(row.caller, row.callerOperation, row.callee, row.operation))),
  };
}

/** What the pipeline takes for the times of a trace, span by span. */
function timesOf(
  { batch: { spans, traces }, index }: AssembledBatch,
  trace: number,
  keys: Keys,
  isCall: Uint8Array,
): ReadonlyMap<string, number[]> {
  const rows = new Map<string, number[]>();
  const add = (key: string | undefined, ms: number): void => {
    if (key === undefined) return;
    const known = rows.get(key);
    if (known === undefined) rows.set(key, [ms]);
    else known.push(ms);
  };
  for (let i = index.callOffsets[trace] ?? 0; i < (index.callOffsets[trace + 1] ?? 0); i += 1) {
    const call = index.calls[i];
    if (call === undefined || call.client === noRow) continue;
    const ms = (call.server === noRow ? spans.selfMs[call.client] : spans.gapMs[call.client]) ?? NaN;
    if (Number.isNaN(ms)) continue;
    isCall[call.client] = 1;
    add(keys.edges[call.group.edge], ms);
  }
  for (let row = traces.spanOffsets[trace] ?? 0; row < (traces.spanOffsets[trace + 1] ?? 0); row += 1) {
    if (isCall[row] === 0) add(keys.operations[index.operationOf[row] ?? -1], spans.selfMs[row] ?? 0);
  }
  return rows;
}
