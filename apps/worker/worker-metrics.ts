import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Logger } from 'pino';
import type { StageObserver, StagePhase } from './stage-observer';
import type { RecordBatch, TopicPartition } from './stream';

/** Counts what the loop does, and logs what an operator should know of. */
export class WorkerMetrics implements StageObserver {
  private readonly consumedRecords: Counter<'topic'>;
  private readonly consumedBytes: Counter<'topic'>;
  private readonly producedRecords: Counter<'topic'>;
  private readonly effects: Counter;
  private readonly lag: Gauge<'topic' | 'partition'>;
  private readonly committedOffset: Gauge<'topic' | 'partition'>;
  private readonly commits: Counter;
  private readonly phases: Histogram<'phase'>;
  private readonly retries: Counter<'what' | 'code'>;
  private readonly fencings: Counter;
  private readonly generations: Counter;
  private readonly assignedPartitions: Gauge;

  constructor(
    registry: Registry,
    private readonly logger: Logger,
  ) {
    const registers = [registry];
    const counter = <T extends string>(name: string, help: string, ...labelNames: T[]) =>
      new Counter<T>({ name: `plumbline_worker_${name}`, help, labelNames, registers });
    const gauge = <T extends string>(name: string, help: string, ...labelNames: T[]) =>
      new Gauge<T>({ name: `plumbline_worker_${name}`, help, labelNames, registers });
    this.consumedRecords = counter('consumed_records_total', 'Records read and processed.', 'topic');
    this.consumedBytes = counter('consumed_bytes_total', 'Bytes of their values.', 'topic');
    this.producedRecords = counter('produced_records_total', 'Records written and acknowledged.', 'topic');
    this.effects = counter('effects_total', 'Objects and other effects made durable.');
    this.lag = gauge('lag_records', 'Records of a partition not processed yet.', 'topic', 'partition');
    this.committedOffset = gauge('committed_offset', 'Offset a restart begins at.', 'topic', 'partition');
    this.commits = counter('commits_total', 'Commits of offsets.');
    this.retries = counter('retries_total', 'Transient failures that were repeated.', 'what', 'code');
    this.fencings = counter('fenced_outputs_total', 'Outputs dropped because their generation had ended.');
    this.generations = counter('generations_total', 'Times partitions were assigned.');
    this.assignedPartitions = gauge('assigned_partitions', 'Partitions of this worker.');
    this.phases = new Histogram({
      name: 'plumbline_worker_phase_seconds',
      help: 'Time of one phase of one batch or tick.',
      labelNames: ['phase'],
      buckets: [0.0005, 0.002, 0.01, 0.05, 0.25, 1, 5, 25],
      registers,
    });
  }

  assigned(partitions: readonly TopicPartition[]): void {
    this.generations.inc();
    this.assignedPartitions.set(partitions.length);
    // What another worker reads now is no lag of this one.
    this.lag.reset();
    this.committedOffset.reset();
    this.logger.info({ partitions: partitions.map(({ topic, partition }) => `${topic}[${partition}]`) }, 'assigned');
  }

  processed({ topic, partition, records, highWatermark }: RecordBatch): void {
    const last = records.at(-1);
    this.consumedRecords.inc({ topic }, records.length);
    this.consumedBytes.inc(
      { topic },
      records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0),
    );
    if (last !== undefined) this.lag.set({ topic, partition }, Math.max(0, highWatermark - last.offset - 1));
  }

  timed(phase: StagePhase, seconds: number): void {
    this.phases.observe({ phase }, seconds);
  }

  performed(effects: number, recordsByTopic: ReadonlyMap<string, number>): void {
    this.effects.inc(effects);
    for (const [topic, count] of recordsByTopic) this.producedRecords.inc({ topic }, count);
  }

  committed(positions: readonly (TopicPartition & { readonly offset: number })[]): void {
    this.commits.inc();
    for (const { topic, partition, offset } of positions) this.committedOffset.set({ topic, partition }, offset);
  }

  retrying(what: string, error: unknown, attempt: number): void {
    // Names of effects hold keys; the first word is enough to count by.
    this.retries.inc({ what: what.split(' ')[0] ?? what, code: codeOf(error) });
    this.logger.warn({ err: error, attempt }, `trying again: ${what}`);
  }

  fenced(what: string): void {
    this.fencings.inc();
    this.logger.info(`dropped, for its generation has ended: ${what}`);
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
}
