import type { StreamRecord } from '../stream';

/** Offset of the newest record of each key (as Latin-1 text); records without a key are not in it. */
export async function newestOffsetByKey(
  scan: (onRecord: (record: StreamRecord) => void) => Promise<void>,
): Promise<ReadonlyMap<string, number>> {
  const newest = new Map<string, number>();
  await scan((record) => {
    if (record.key !== null) newest.set(keyText(record.key), record.offset);
  });
  return newest;
}

/** Whether compaction keeps a record. */
export function isKept(record: StreamRecord, newest: ReadonlyMap<string, number>, tombstonesBeforeMs: number): boolean {
  if (record.value === null && record.timestampMs < tombstonesBeforeMs) return false;
  return !isSuperseded(record, newest);
}

/** Whether a later record has the same key. */
export function isSuperseded(record: StreamRecord, newest: ReadonlyMap<string, number>): boolean {
  return record.key !== null && newest.get(keyText(record.key)) !== record.offset;
}

function keyText(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}
