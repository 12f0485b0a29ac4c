const ascii = { o: 0x6f, t: 0x74, equals: 0x3d } as const;
/** Thresholds have 56 bits (opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling). */
const thresholdDigits = 14;
/** A span never stands for more than this, whatever its tracestate says. */
const maxWeight = 1e6;

/**
 * How many spans one stands for, from the threshold in its tracestate (`ot=th:…`): 1 / (1 − T/2⁵⁶). 1 without a valid one.
 */
export function samplingWeight(view: DataView, start: number, end: number): number {
  if (!mayNameThreshold(view, start, end)) return 1;
  const state = Buffer.from(view.buffer, view.byteOffset + start, end - start).toString('latin1');
  const [, digits] = /(?:^|,)\s*ot=(?:[^,]*;)?th:([0-9a-f]{1,14})(?=[;,\s]|$)/.exec(state) ?? [];
  if (digits === undefined) return 1;
  const threshold = parseInt(digits.padEnd(thresholdDigits, '0'), 16) / 2 ** 56;
  return Math.min(maxWeight, 1 / (1 - threshold));
}

/** Most tracestates name other vendors only: look for `ot=` before making a string. */
function mayNameThreshold(view: DataView, start: number, end: number): boolean {
  for (let at = start; at + 6 < end; at += 1) {
    if (view.getUint8(at) === ascii.o && view.getUint8(at + 1) === ascii.t && view.getUint8(at + 2) === ascii.equals) {
      return true;
    }
  }
  return false;
}
