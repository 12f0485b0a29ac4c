import { consumerGroups, topics } from '@plumbline/contracts';
import { decodeIncident, headers, schemas } from '@plumbline/wire';
import {
  nothing,
  type EventStream,
  type RecordBatch,
  type Stage,
  type StageOutput,
  type StreamRecord,
  type TopicPartition,
} from '@plumbline/worker';
import type { IncidentIndex } from './incident-index';

/** Keeps an {@link IncidentIndex} up to date with the topic `incidents`. */
export class ConsoleStage implements Stage {
  readonly name = 'console';
  readonly group = consumerGroups.console;
  readonly topics = [topics.incidents.name];
  private readonly next = new Map<number, number>();
  /** Records that were no incident. */
  unreadable = 0;

  constructor(
    private readonly stream: Pick<EventStream, 'readAll'>,
    private readonly index: IncidentIndex,
  ) {}

  async reset(): Promise<void> {
    this.next.clear();
    this.index.clear();
    await this.stream.readAll(topics.incidents.name, (record) => {
      this.put(record);
    });
  }

  process(batch: RecordBatch): Promise<StageOutput> {
    for (const record of batch.records) {
      this.put(record);
      this.next.set(batch.partition, record.offset + 1);
    }
    return Promise.resolve(nothing);
  }

  tick(): Promise<StageOutput> {
    return Promise.resolve(nothing);
  }

  committable({ partition }: TopicPartition): number | undefined {
    return this.next.get(partition);
  }

  private put(record: StreamRecord): void {
    if (record.value === null || record.headers[headers.schema] !== schemas.incident) return;
    try {
      this.index.put(decodeIncident(record.value));
    } catch {
      this.unreadable += 1;
    }
  }
}
