import { hashId, spanFlags, type TraceBatch } from '@plumbline/wire';

/**
 * Which spans a trace of a batch has, whatever their order, in 32 bits: two emissions of different spans have the same once in four
 * milliards. Good as long as the process is.
 *
 * @param only `counted`: of those alone that an earlier revision had, in a window that is closed
 */
export function printOf({ traces, spans }: TraceBatch, trace: number, only?: 'counted'): number {
  const { spanId, kind, flags } = spans;
  const ids = new DataView(spanId.buffer, spanId.byteOffset, spanId.byteLength);
  let print = 0;
  for (let row = traces.spanOffsets[trace] ?? 0; row < (traces.spanOffsets[trace + 1] ?? 0); row += 1) {
    if (only === 'counted' && ((flags[row] ?? 0) & spanFlags.counted) === 0) continue;
    print = (print + hashId(ids.getUint32(row * 8), ids.getUint32(row * 8 + 4), kind[row] ?? 0, 0)) >>> 0;
  }
  return print;
}
