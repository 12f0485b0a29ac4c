import type { Batch, KafkaMessage } from 'kafkajs';
import type { RecordBatch, StreamRecord } from '../stream';

/** A message as the pipeline sees it. A header that was given several times has its last value. */
export function toRecord(message: KafkaMessage): StreamRecord {
  const headers = Object.entries(message.headers ?? {}).flatMap(([name, given]) => {
    const value = Array.isArray(given) ? given.at(-1) : given;
    return value === undefined ? [] : [[name, value.toString()] as const];
  });
  return {
    offset: Number(message.offset),
    timestampMs: Number(message.timestamp),
    key: message.key,
    value: message.value,
    // Not by assignment, which sets the prototype where the header is named `__proto__`.
    headers: Object.fromEntries(headers),
  };
}

/** A batch without the records before `fromOffset`. */
export function toRecordBatch(batch: Batch, fromOffset: number): RecordBatch {
  return {
    topic: batch.topic,
    partition: batch.partition,
    records: batch.messages.filter(({ offset }) => Number(offset) >= fromOffset).map(toRecord),
    highWatermark: Number(batch.highWatermark),
  };
}
