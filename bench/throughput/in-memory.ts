import { topics } from '@plumbline/contracts';
import { Preprocessing, preprocessingConfig } from '@plumbline/preprocessing';
import type { OutgoingRecord, RecordBatch, StreamRecord } from '@plumbline/worker';
import { OtlpReader } from '../../apps/preprocessing/otlp/otlp-reader';
import type { LoadMessage } from './load';
import type { Meter } from './meter';
import { decodeNaively, preprocessNaively } from './naive';

/** Work on a load that is in memory, some megabytes at a time; reading it is not measured. */
export type InMemoryWork = (load: Iterable<readonly LoadMessage[]>, meter: Meter) => Promise<void> | void;

export const decode: InMemoryWork = (load, meter) => {
  const reader = new OtlpReader();
  each(load, meter, ({ value }) => {
    reader.readRequest(value);
    return reader.spans.count;
  });
};

export const decodeByProtobufjs: InMemoryWork = (load, meter) => {
  each(load, meter, ({ value, spans }) => {
    decodeNaively(value);
    return spans;
  });
};

export const preprocessByJson: InMemoryWork = (load, meter) => {
  each(load, meter, ({ value }) => {
    let spans = 0;
    for (const trace of preprocessNaively(value)) {
      Buffer.from(JSON.stringify(trace));
      spans += trace.spans.length;
    }
    return spans;
  });
};

export const preprocess: InMemoryWork = (load, meter) => preprocessInMemory(load, () => undefined, meter);

/** Runs the stage as the loop would, without a broker, and lets its last traces come due. */
export async function preprocessInMemory(
  load: Iterable<readonly LoadMessage[]>,
  onRecords: (records: readonly OutgoingRecord[]) => void,
  meter?: Meter,
): Promise<void> {
  const stage = new Preprocessing({ config: preprocessingConfig({}) });
  const next = new Map<number, number>();
  for (const messages of load) {
    const batches = toBatches(messages, next);
    meter?.start();
    for (const batch of batches) onRecords((await stage.process(batch)).records);
    meter?.add(messages.reduce((sum, { spans }) => sum + spans, 0));
    meter?.pause();
  }
  meter?.start();
  // Wall clock of no date: a quiet partition's time advances as it does, by more than a whole trace waits for more spans.
  for (const nowMs of [0, 2_000]) onRecords((await stage.tick(nowMs)).records);
  meter?.pause();
}

function each(load: Iterable<readonly LoadMessage[]>, meter: Meter, work: (message: LoadMessage) => number): void {
  for (const messages of load) {
    meter.start();
    let spans = 0;
    for (const message of messages) spans += work(message);
    meter.add(spans);
    meter.pause();
  }
}

function toBatches(messages: readonly LoadMessage[], next: Map<number, number>): RecordBatch[] {
  const byPartition = new Map<number, StreamRecord[]>();
  for (const { value, partition, timestampMs } of messages) {
    const offset = next.get(partition) ?? 0;
    next.set(partition, offset + 1);
    const records = byPartition.get(partition) ?? [];
    byPartition.set(partition, records);
    records.push({ offset, timestampMs, key: null, value, headers: {} });
  }
  return [...byPartition].map(([partition, records]) => ({
    topic: topics.traces.name,
    partition,
    records,
    highWatermark: next.get(partition) ?? 0,
  }));
}
