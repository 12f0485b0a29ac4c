import { decodeTraceBatch, headers, type TraceBatch } from '@plumbline/wire';
import type { StreamRecord } from '@plumbline/worker';

/** A record of `traces-preprocessed` as read. */
export interface DecodedRecord {
  /** Absent when the record could not be read. */
  readonly batch?: TraceBatch;
  /** Why it could not. */
  readonly reason?: string;
  /** Milliseconds since the epoch; absent where the record names none. */
  readonly watermarkMs?: number;
}

/** Reads one record; what cannot be read becomes a reason and never an exception. */
export function decodeRecord({ value, headers: texts }: StreamRecord): DecodedRecord {
  const watermark = Number(texts[headers.watermark] ?? NaN);
  const time = Number.isFinite(watermark) ? { watermarkMs: watermark } : {};
  if (value === null) return { ...time, reason: 'a tombstone where traces are expected' };
  try {
    return { ...time, batch: decodeTraceBatch(value) };
  } catch (error) {
    return { ...time, reason: error instanceof Error ? error.message : String(error) };
  }
}
