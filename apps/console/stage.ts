import { randomUUID } from 'node:crypto';
import { consumerGroups, topics } from '@plumbline/contracts';
import { decodeIncident, FeedbackBook, headers, schemas } from '@plumbline/wire';
import {
  nothing,
  type EventStream,
  type RecordBatch,
  type Stage,
  type StageOutput,
  type StreamRecord,
} from '@plumbline/worker';
import type { IncidentIndex } from './incident-index';

/**
 * Keeps an {@link IncidentIndex} up to date with the topic `incidents`, and a {@link FeedbackBook} with `feedback`. Every replica serves every incident, so each is the only member of a
 * group of its own and reads all partitions. It commits nothing: the whole topic is read at each start, and the broker
 * forgets a group that nobody is in and that committed nothing.
 */
export class ConsoleStage implements Stage {
  readonly name = 'console';
  readonly group = `${consumerGroups.console}.${randomUUID()}`;
  readonly topics = [topics.incidents.name, topics.feedback.name];
  /** Records that were no incident, or no answer. */
  unreadable = 0;

  constructor(
    private readonly stream: Pick<EventStream, 'readAll'>,
    private readonly index: IncidentIndex,
    /** What people say. */
    private readonly feedback = new FeedbackBook(),
    private readonly onUnreadable: () => void = () => undefined,
  ) {}

  async reset(): Promise<void> {
    this.index.clear();
    this.feedback.clear();
    for (const topic of this.topics) {
      await this.stream.readAll(topic, (record) => {
        this.put(topic, record);
      });
    }
  }

  process(batch: RecordBatch): Promise<StageOutput> {
    for (const record of batch.records) this.put(batch.topic, record);
    return Promise.resolve(nothing);
  }

  tick(): Promise<StageOutput> {
    return Promise.resolve(nothing);
  }

  committable(): undefined {
    return undefined;
  }

  private put(topic: string, record: StreamRecord): void {
    try {
      if (topic === topics.feedback.name) this.feedback.add(record);
      else if (record.value !== null && record.headers[headers.schema] === schemas.incident)
        this.index.put(decodeIncident(record.value));
    } catch {
      this.unreadable += 1;
      if (topic === topics.feedback.name) this.onUnreadable();
    }
  }
}
