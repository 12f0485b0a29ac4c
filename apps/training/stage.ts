import { consumerGroups, topics } from '@plumbline/contracts';
import {
  decodeAnalysisProgress,
  decodeDriftEvent,
  decodeIncident,
  decodeWindowStats,
  type AnalysisProgress,
  type Bundle,
  type Incident,
  type PointerEntry,
  type WindowStats,
} from '@plumbline/wire';
import {
  type Effect,
  type EventStream,
  type Log,
  nothing,
  type ObjectStore,
  type OutgoingRecord,
  PartitionCount,
  type RecordBatch,
  silentLog,
  type Stage,
  type StageOutput,
  type StreamRecord,
  type TopicPartition,
} from '@plumbline/worker';
import { Registry } from 'prom-client';
import type { LearnerConfig } from './config';
import { DriftAsker, type TrainingTrigger } from './drift';
import { Learner } from './learner';
import { LearnerMetrics } from './metrics';
import { BundleRegistry } from './registry';
import { ReplayPosition } from './replay-position';

export interface TrainingOptions {
  readonly config: LearnerConfig;
  readonly models: ObjectStore;
  readonly stream: Pick<EventStream, 'partitions' | 'readAll'>;
  /** Is told of each bundle once it is durable, so that detection in the same process need not look for it. */
  readonly onPublished?: (entry: PointerEntry, bundle: Bundle) => void;
  /** Who is asked for a training of the learned models when they drift. @default - nobody: that they do is logged and counted */
  readonly trigger?: TrainingTrigger;
  readonly log?: Log;
  readonly registry?: Registry;
}

/** A bundle to be published, and the record time at which it was. */
interface Due {
  readonly bundle: Bundle;
  readonly timestampMs: number;
}

/** Event time that windows wait for root cause before the log says so, milliseconds. */
const tellWaitingMs = 300_000;

/**
 * Runs the {@link Learner} over `window-stats`, `incidents`, `analysis-progress` and `feedback`. A bundle is written, then named by the pointer, then told of on
 * `model-events`. Its state is the newest bundle; the records since then are read again. One replica learns: a second
 * would contend for the pointer, and say so. What it reads of drift on `model-events` starts a training of the learned models.
 */
export class Training implements Stage {
  readonly name = 'training';
  readonly group = consumerGroups.training;
  readonly topics = [
    topics.windowStats.name,
    topics.incidents.name,
    topics.analysisProgress.name,
    topics.feedback.name,
    topics.modelEvents.name,
  ];

  private readonly registry: BundleRegistry;
  private readonly metrics: LearnerMetrics;
  private readonly log: Log;
  private readonly drift: DriftAsker;
  private learner: Learner;
  private readonly partitions: PartitionCount;
  private readonly positions = new Map<number, ReplayPosition>();
  /** Next offset by topic and partition, of topics that are read back whole after a restart. */
  private readonly compactedOffsets = new Map<string, number>();
  private toldWaiting = false;
  /** Version that the pointer named last, as far as is known. */
  private named: string | undefined;

  constructor(private readonly options: TrainingOptions) {
    this.registry = new BundleRegistry(options.models);
    const { registry = new Registry(), log = silentLog, trigger } = options;
    this.metrics = new LearnerMetrics(registry);
    this.log = log;
    this.drift = new DriftAsker({ registry, log, ...(trigger && { trigger }) });
    this.partitions = new PartitionCount(options.stream, topics.tracesPreprocessed.name, this.log);
    this.learner = new Learner(options.config, 1);
  }

  async reset(): Promise<void> {
    this.positions.clear();
    this.compactedOffsets.clear();
    const { stream, config } = this.options;
    const partitions = await this.partitions.ask();
    const { bundle, sequence, refused } = await this.registry.newest();
    this.metrics.refused.set(refused === undefined ? 0 : 1);
    if (refused !== undefined) this.log.warn({ reason: refused }, 'newest bundle cannot be read; learning begins anew');
    this.learner = new Learner(config, partitions, bundle, sequence);
    this.named = bundle?.version;
    this.observe(bundle);
    for (const topic of [topics.incidents.name, topics.feedback.name, topics.analysisProgress.name]) {
      await stream.readAll(topic, (record) => void this.readCompacted(topic, record));
    }
    await stream.readAll(topics.modelEvents.name, (record) => {
      this.readModelEvent(record);
    });
  }

  process(batch: RecordBatch): Promise<StageOutput> {
    const { topic, partition } = batch;
    const due: Due[] = [];
    for (const record of batch.records) {
      for (const bundle of this.read(topic, partition, record)) {
        due.push({ bundle, timestampMs: record.timestampMs });
        this.metrics.bundles.inc();
        this.observe(bundle);
      }
    }
    // Told of once they are named.
    const records: OutgoingRecord[] = [];
    return Promise.resolve({ effects: due.length === 0 ? [] : [this.publish(due, records)], records });
  }

  async tick(nowMs: number): Promise<StageOutput> {
    if (await this.partitions.refresh(nowMs)) this.learner.setPartitions(this.partitions.count);
    const { waitingMs } = this.learner;
    this.metrics.waiting.set(waitingMs / 1000);
    const tell = waitingMs > tellWaitingMs;
    if (tell && !this.toldWaiting) {
      this.log.warn({ waitingSeconds: waitingMs / 1000 }, 'nothing is learnt until root cause has looked at it');
    }
    this.toldWaiting = tell;
    this.drift.tick(nowMs);
    return nothing;
  }

  committable({ topic, partition }: TopicPartition): number | undefined {
    if (topic !== topics.windowStats.name) return this.compactedOffsets.get(`${topic}/${partition}`);
    return this.positions.get(partition)?.committable((tenant) => this.learner.settledThroughMs(tenant));
  }

  /** What `/model` answers. */
  model(): object {
    const { newest } = this.learner;
    if (newest === undefined) return { learnt: null };
    const { version, effectiveFromMs, learnt, thresholds, progress, profile } = newest;
    const { operations, edges } = profile;
    return {
      version,
      effectiveFromMs,
      learnt,
      thresholds,
      progress,
      calibrated: Object.fromEntries(
        Object.entries(newest.ranking?.tenants ?? {}).map(([tenant, { answers }]) => [tenant, { answers }]),
      ),
      operations: operations.size,
      edges: edges.size,
    };
  }

  /** @returns bundles that came due */
  private read(topic: string, partition: number, record: StreamRecord): Bundle[] {
    if (topic === topics.windowStats.name) return this.readStats(partition, record);
    this.compactedOffsets.set(`${topic}/${partition}`, record.offset + 1);
    if (topic === topics.modelEvents.name) {
      this.readModelEvent(record);
      return [];
    }
    return this.readCompacted(topic, record);
  }

  private readStats(partition: number, { offset, value }: StreamRecord): Bundle[] {
    let position = this.positions.get(partition);
    if (position === undefined) this.positions.set(partition, (position = new ReplayPosition()));
    let message: WindowStats;
    try {
      message = decodeWindowStats(value ?? new Uint8Array());
    } catch (error) {
      position.pass(offset);
      this.malformed(topics.windowStats.name, offset, error);
      return [];
    }
    position.add(offset, message);
    const lateBefore = this.learner.late;
    const bundles = this.learner.add(message);
    this.metrics.late.inc(this.learner.late - lateBefore);
    return bundles;
  }

  private readCompacted(topic: string, record: StreamRecord): Bundle[] {
    if (topic === topics.feedback.name) return this.readFeedback(record);
    const { offset, value } = record;
    if (value === null) return [];
    let message: { readonly incident: Incident } | { readonly progress: AnalysisProgress };
    try {
      message =
        topic === topics.incidents.name
          ? { incident: decodeIncident(value) }
          : { progress: decodeAnalysisProgress(value) };
    } catch (error) {
      this.malformed(topic, offset, error);
      return [];
    }
    return 'incident' in message
      ? this.learner.observe(message.incident)
      : this.learner.observeProgress(message.progress);
  }

  private readFeedback(record: StreamRecord): [] {
    try {
      this.learner.observeFeedback(record);
    } catch (error) {
      this.malformed(topics.feedback.name, record.offset, error);
    }
    return [];
  }

  private readModelEvent({ offset, value }: StreamRecord): void {
    if (value === null) return;
    try {
      const event = decodeDriftEvent(value);
      if (event !== undefined) this.drift.observe(event);
    } catch (error) {
      this.malformed(topics.modelEvents.name, offset, error);
    }
  }

  /** Our own topics: what cannot be read is of another version, counted and passed over. */
  private malformed(topic: string, offset: number, error: unknown): void {
    this.metrics.malformed.inc();
    const reason = error instanceof Error ? error.message.slice(0, 500) : String(error);
    this.log.warn({ topic, offset, reason }, 'record cannot be read and is passed over');
  }

  /** One after the other: effects run side by side, and all bundles are named by one pointer. */
  private publish(due: readonly Due[], events: OutgoingRecord[]): Effect {
    return {
      name: `publish ${due.map(({ bundle }) => `bundle ${bundle.version}`).join(', ')}`,
      run: async () => {
        events.length = 0;
        for (const { bundle, timestampMs } of due) {
          const entry = await this.registry.publish(bundle, this.named);
          if (entry === undefined) {
            this.log.warn({ version: bundle.version }, 'somebody rolled back: learning goes on from what is named now');
            await this.reset();
            return;
          }
          this.named = bundle.version;
          events.push(modelEvent(bundle, timestampMs));
          this.options.onPublished?.(entry, bundle);
          const { version, effectiveFromMs, learnt } = bundle;
          this.log.info({ version, effectiveFromMs, ...learnt }, 'bundle published');
        }
      },
    };
  }

  private observe(bundle: Bundle | undefined): void {
    this.metrics.windows.set({ state: 'learnt' }, bundle?.learnt.windows ?? 0);
    this.metrics.windows.set({ state: 'left out' }, this.learner.excluded);
    this.metrics.windows.set({ state: 'learnt in part' }, this.learner.partial);
    this.metrics.traces.set(bundle?.learnt.traces ?? 0);
    this.metrics.learntThrough.set((bundle?.learnt.throughMs ?? 0) / 1000);
  }
}

/** What is told on `model-events` when a bundle was made. */
function modelEvent(bundle: Bundle, timestampMs: number): OutgoingRecord {
  const { version, effectiveFromMs, learnt, profile } = bundle;
  const event = {
    schema: 1,
    event: 'learnt',
    model: 'profile',
    version,
    effectiveFromMs,
    learnt,
    operations: profile.operations.size,
    edges: profile.edges.size,
  };
  const value = Buffer.from(JSON.stringify(event));
  return { topic: topics.modelEvents.name, key: 'profile', value, timestampMs };
}
