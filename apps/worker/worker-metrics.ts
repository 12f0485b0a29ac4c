import type { Logger } from 'pino';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Refused } from './refused';
import type { StageObserver, StagePhase } from './stage-observer';
import type { RecordBatch, TopicPartition } from './stream';
import { TroubleLog } from './trouble-log';

/** Metrics of the loop, by stage: one a process, whose observers count and log for one stage each. */
export class WorkerMetrics {
  readonly consumedRecords: Counter<'stage' | 'topic'>;
  readonly consumedBytes: Counter<'stage' | 'topic'>;
  readonly producedRecords: Counter<'stage' | 'topic'>;
  readonly effects: Counter<'stage'>;
  readonly lag: Gauge<'stage' | 'topic' | 'partition'>;
  readonly committedOffset: Gauge<'stage' | 'topic' | 'partition'>;
  readonly commits: Counter<'stage'>;
  readonly phases: Histogram<'stage' | 'phase'>;
  readonly retries: Counter<'stage' | 'what' | 'code'>;
  readonly refusals: Counter<'stage' | 'topic'>;
  readonly lostOffsets: Counter<'topic'>;
  readonly fencings: Counter<'stage'>;
  readonly generations: Counter<'stage'>;
  readonly assignedPartitions: Gauge<'stage'>;

  constructor(registry: Registry) {
    const registers = [registry];
    const counter = <T extends string>(name: string, help: string, ...labels: T[]) =>
      new Counter({ name: `plumbline_worker_${name}`, help, labelNames: ['stage' as const, ...labels], registers });
    const gauge = <T extends string>(name: string, help: string, ...labels: T[]) =>
      new Gauge({ name: `plumbline_worker_${name}`, help, labelNames: ['stage' as const, ...labels], registers });
    this.consumedRecords = counter('consumed_records_total', 'Records read and processed.', 'topic');
    this.consumedBytes = counter('consumed_bytes_total', 'Bytes of their values.', 'topic');
    this.producedRecords = counter('produced_records_total', 'Records written and acknowledged.', 'topic');
    this.effects = counter('effects_total', 'Objects and other effects made durable.');
    this.lag = gauge('lag_records', 'Records of a partition not processed yet.', 'topic', 'partition');
    this.committedOffset = gauge('committed_offset', 'Offset a restart begins at.', 'topic', 'partition');
    this.commits = counter('commits_total', 'Commits of offsets.');
    this.retries = counter('retries_total', 'Transient failures that were repeated.', 'what', 'code');
    this.refusals = counter(
      'refused_records_total',
      'Records too large for the broker; told of in the dead letters.',
      'topic',
    );
    this.lostOffsets = new Counter({
      name: 'plumbline_worker_lost_offsets_total',
      help: 'Offsets that the broker had deleted or compacted away before they were read.',
      labelNames: ['topic'],
      registers,
    });
    this.fencings = counter('fenced_outputs_total', 'Outputs dropped because their generation had ended.');
    this.generations = counter('generations_total', 'Times partitions were assigned.');
    this.assignedPartitions = gauge('assigned_partitions', 'Partitions read by this process.');
    this.phases = new Histogram({
      name: 'plumbline_worker_phase_seconds',
      help: 'Time of one phase of one batch or tick.',
      labelNames: ['stage', 'phase'],
      buckets: [0.0005, 0.002, 0.01, 0.05, 0.25, 1, 5, 25],
      registers,
    });
  }

  /**
   * Counts for one stage, and logs what an operator should know of.
   *
   * @param troubles says what lasts and is tried again
   */
  observe(stage: string, logger: Logger, troubles: TroubleLog = new TroubleLog(logger)): StageObserver {
    return new MeteredStage(this, stage, logger, troubles);
  }
}

class MeteredStage implements StageObserver {
  private partitions: readonly TopicPartition[] = [];

  constructor(
    private readonly metrics: WorkerMetrics,
    private readonly stage: string,
    private readonly logger: Logger,
    private readonly troubles: TroubleLog,
  ) {}

  assigned(partitions: readonly TopicPartition[]): void {
    this.troubles.isOver();
    const { metrics, stage } = this;
    metrics.generations.inc({ stage });
    metrics.assignedPartitions.set({ stage }, partitions.length);
    // What somebody else reads now is no lag of this process.
    for (const { topic, partition } of this.partitions) {
      metrics.lag.remove({ stage, topic, partition });
      metrics.committedOffset.remove({ stage, topic, partition });
    }
    this.partitions = partitions;
    this.logger.info({ partitions: partitions.map(({ topic, partition }) => `${topic}[${partition}]`) }, 'assigned');
  }

  processed({ topic, partition, records, highWatermark }: RecordBatch): void {
    const { metrics, stage } = this;
    const last = records.at(-1);
    const bytes = records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
    metrics.consumedRecords.inc({ stage, topic }, records.length);
    metrics.consumedBytes.inc({ stage, topic }, bytes);
    if (last !== undefined) metrics.lag.set({ stage, topic, partition }, Math.max(0, highWatermark - last.offset - 1));
  }

  timed(phase: StagePhase, seconds: number): void {
    this.metrics.phases.observe({ stage: this.stage, phase }, seconds);
  }

  performed(effects: number, recordsByTopic: ReadonlyMap<string, number>): void {
    this.troubles.isOver();
    const { metrics, stage } = this;
    metrics.effects.inc({ stage }, effects);
    for (const [topic, count] of recordsByTopic) metrics.producedRecords.inc({ stage, topic }, count);
  }

  committed(positions: readonly (TopicPartition & { readonly offset: number })[]): void {
    this.troubles.isOver();
    const { metrics, stage } = this;
    metrics.commits.inc({ stage });
    for (const { topic, partition, offset } of positions) {
      metrics.committedOffset.set({ stage, topic, partition }, offset);
    }
  }

  retrying(what: string, error: unknown, attempt: number): void {
    // Names of effects hold keys; the first word is enough to count by.
    this.metrics.retries.inc({ stage: this.stage, what: what.split(' ')[0] ?? what, code: codeOf(error) });
    this.troubles.lasts(error, what, attempt);
  }

  refused({ record: { topic }, error }: Refused): void {
    this.metrics.refusals.inc({ stage: this.stage, topic });
    this.logger.error({ err: error, topic }, 'a record is lost: the broker refused it for its size');
  }

  fenced(what: string): void {
    this.metrics.fencings.inc({ stage: this.stage });
    this.logger.info(`dropped, for its generation has ended: ${what}`);
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
}
