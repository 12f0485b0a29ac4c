import { topics } from '@plumbline/contracts';
import type { KafkaPeer } from '@plumbline/tools/peers';
import { decodeIncident, decodeTraceBatch, hex, type Incident } from '@plumbline/wire';
import type { EventStream, StreamRecord } from '@plumbline/worker';
import { Kafka, logLevel } from 'kafkajs';

/** A record and where it was read. */
export type ReadRecord = StreamRecord & { readonly partition: number };

/** All records of a topic. */
export async function recordsOf(stream: EventStream, topic: string): Promise<ReadRecord[]> {
  const records: ReadRecord[] = [];
  await stream.readAll(topic, (record, partition) => records.push({ ...record, partition }));
  return records;
}

/** What was said of incidents, oldest first. */
export async function publishedIncidents(stream: EventStream): Promise<Incident[]> {
  const records = await recordsOf(stream, topics.incidents.name);
  return records.flatMap(({ value }) => (value === null ? [] : [decodeIncident(value)]));
}

/** Ids of the traces that preprocessing put out. */
export async function preprocessedTraces(stream: EventStream): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  for (const { value } of await recordsOf(stream, topics.tracesPreprocessed.name)) {
    if (value === null) continue;
    const { traces } = decodeTraceBatch(value);
    for (let trace = 0; trace < traces.count; trace += 1) seen.add(hex(traces.traceId, trace * 16, 16));
  }
  return seen;
}

/** Where a group begins after a restart, by partition; −1 where it committed nothing. */
export async function committedOffsets(kafka: KafkaPeer, groupId: string, topic: string): Promise<number[]> {
  const admin = new Kafka({ ...kafka.clientConfig(), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
    const partitions = [...(offsets?.partitions ?? [])].sort((a, b) => a.partition - b.partition);
    return partitions.map(({ offset }) => Number(offset));
  } finally {
    await admin.disconnect();
  }
}
