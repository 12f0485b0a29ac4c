import { topics } from '@plumbline/contracts';
import { decodeIncident, headers, schemas, type Incident } from '@plumbline/wire';
import { nothing, type RecordBatch, type Stage, type StageOutput, type TopicPartition } from '@plumbline/worker';

/** Passes on every revision of every incident as it is published. Listens and says nothing. */
export class IncidentTap implements Stage {
  readonly name = 'incident-tap';
  readonly group = 'incident-tap-group';
  readonly topics = [topics.incidents.name];
  private readonly next = new Map<number, number>();

  constructor(private readonly onIncident: (incident: Incident) => void) {}

  reset(): Promise<void> {
    this.next.clear();
    return Promise.resolve();
  }

  process(batch: RecordBatch): Promise<StageOutput> {
    for (const record of batch.records) {
      this.next.set(batch.partition, record.offset + 1);
      if (record.value === null || record.headers[headers.schema] !== schemas.incident) continue;
      this.onIncident(decodeIncident(record.value));
    }
    return Promise.resolve(nothing);
  }

  tick(): Promise<StageOutput> {
    return Promise.resolve(nothing);
  }

  committable({ partition }: TopicPartition): number | undefined {
    return this.next.get(partition);
  }
}
