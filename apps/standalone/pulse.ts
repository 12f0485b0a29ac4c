import { topics } from '@plumbline/contracts';
import { decodeWindowStats, operationKey } from '@plumbline/wire';
import { nothing, type RecordBatch, type Stage, type StageOutput, type TopicPartition } from '@plumbline/worker';

/** Operations whose names are remembered for counting. */
const maxOperations = 100_000;

/** Counts what went through the pipeline, for people who wonder whether it is alive. Listens and says nothing. */
export class Pulse implements Stage {
  readonly name = 'pulse';
  readonly group = 'pulse-group';
  readonly topics = [topics.windowStats.name];

  traces = 0;
  /** Traces that a bundle judged. */
  judged = 0;
  /** Newest window with traces in it, milliseconds since the epoch. */
  lastTraceMs: number | undefined;
  private readonly operations = new Set<string>();
  private readonly next = new Map<number, number>();

  get operationsSeen(): number {
    return this.operations.size;
  }

  reset(): Promise<void> {
    this.next.clear();
    return Promise.resolve();
  }

  process(batch: RecordBatch): Promise<StageOutput> {
    for (const record of batch.records) {
      this.next.set(batch.partition, record.offset + 1);
      if (record.value !== null) this.count(record.value, record.timestampMs);
    }
    return Promise.resolve(nothing);
  }

  tick(): Promise<StageOutput> {
    return Promise.resolve(nothing);
  }

  committable({ partition }: TopicPartition): number | undefined {
    return this.next.get(partition);
  }

  private count(value: Uint8Array, timestampMs: number): void {
    for (const { stats } of decodeWindowStats(value).windows) {
      for (const { traces, abstained } of stats.entries.values()) {
        this.traces += traces;
        this.judged += traces - abstained;
      }
      if (stats.entries.size > 0) this.lastTraceMs = Math.max(this.lastTraceMs ?? 0, timestampMs);
      for (const { service, operation, kind, entry } of stats.operations.values()) {
        if (this.operations.size < maxOperations) this.operations.add(operationKey(service, operation, kind, entry));
      }
    }
  }
}
