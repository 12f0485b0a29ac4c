import { consumerGroups, topics } from '@plumbline/contracts';
import { defaultTenant, parseServiceKey, spanFlags, traceFlags, type Source, type TraceBatch } from '@plumbline/wire';
import {
  deadLetter,
  type Effect,
  type Log,
  nothing,
  type ObjectStore,
  type OutgoingRecord,
  type RecordBatch,
  silentLog,
  type Stage,
  type StageOutput,
  type StreamRecord,
  type TopicPartition,
} from '@plumbline/worker';
import { Registry } from 'prom-client';
import { indexBatch } from './batch-index';
import type { BundleSource, BundleSourceStatus } from './bundle-source';
import type { DetectionConfig } from './config';
import { decodeRecord } from './decode';
import { judge, type Activation, type Judgement, type TraceToJudge } from './judge';
import type { LearnedModels, LearnedModelsSource } from './learned-models';
import type { Emission } from './emission-table';
import { EmissionMemory } from './memory';
import { DetectionMetrics } from './metrics';
import { printOf } from './print';
import { CommitLag } from './progress';
import { verdict, verdictRecord, windowStatsRecord } from './publish';
import { OpenRange } from './source-range';
import { countWindows } from './stats';
import { StoragePlanner } from './store';

export interface AnomalyDetectionOptions {
  readonly config: DetectionConfig;
  readonly bundles: BundleSource;
  /** Models that judge beside the profile. @default - the profile judges alone */
  readonly learned?: LearnedModelsSource;
  /** Bucket of whole anomalous traces. */
  readonly anomalies: ObjectStore;
  readonly log?: Log;
  readonly registry?: Registry;
}

/** What is known of one partition between records. */
interface PartitionState {
  readonly memory: EmissionMemory;
  readonly lag: CommitLag;
  readonly planner: StoragePlanner;
  /** Watermark last told to each tenant, milliseconds since the epoch. */
  readonly told: Map<string, number>;
  watermarkMs: number;
  /** Newest record time that was read, milliseconds since the epoch. */
  recordTimeMs: number;
  /** What is not published yet; its records are read again after a restart. */
  range: OpenRange | undefined;
}

/** How far a watermark must move before a tenant without traces in the record hears of it, milliseconds. */
const tellEveryMs = 1000;

/**
 * Judges the traces of `traces-preprocessed`. For each record: anomalous traces to the bucket, and their verdicts. For each range of
 * records ({@link OpenRange}), when the first record after it is here: window statistics that name the range as their source, one
 * for the default tenant and for each tenant with traces in it, and for the other tenants whenever time moved on.
 */
export class AnomalyDetection implements Stage {
  readonly name = 'anomaly-detection';
  readonly group = consumerGroups['anomaly-detection'];
  readonly topics = [topics.tracesPreprocessed.name];

  private readonly partitions = new Map<number, PartitionState>();
  /** Partitions that memory is divided among. */
  private assigned = 1;
  private readonly tenants = new Set<string>();
  /** Bundles with the models beside them: the same object for the same two, so that their traces stay in one scoring call. */
  private readonly together = new WeakMap<Activation, WeakMap<LearnedModels, Activation>>();
  private readonly metrics: DetectionMetrics;
  private readonly log: Log;
  /** Clock that the last tick told. */
  private nowMs = 0;

  constructor(private readonly options: AnomalyDetectionOptions) {
    this.metrics = new DetectionMetrics(options.registry ?? new Registry());
    this.log = options.log ?? silentLog;
  }

  async reset(partitions: readonly TopicPartition[]): Promise<void> {
    this.partitions.clear();
    this.tenants.clear();
    this.assigned = Math.max(1, partitions.length);
    for (const { partition } of partitions) this.stateOf(partition);
    await this.options.bundles.refresh();
    await this.options.learned?.poll(this.nowMs);
    this.observeBundles();
  }

  process(batch: RecordBatch): Promise<StageOutput> {
    const effects: Effect[] = [];
    const records: OutgoingRecord[] = [];
    this.stateOf(batch.partition).planner.begin();
    for (const record of batch.records) {
      const output = this.processRecord(batch.topic, batch.partition, record);
      effects.push(...output.effects);
      records.push(...output.records);
    }
    records.push(...(this.options.learned?.takeRecords() ?? []));
    return Promise.resolve({ effects, records });
  }

  async tick(nowMs: number): Promise<StageOutput> {
    this.nowMs = nowMs;
    await this.options.bundles.poll(nowMs);
    await this.options.learned?.poll(nowMs);
    this.observeBundles();
    const records = this.options.learned?.takeRecords() ?? [];
    return records.length === 0 ? nothing : { effects: [], records };
  }

  committable({ partition }: TopicPartition): number | undefined {
    return this.partitions.get(partition)?.lag.committable;
  }

  /** What `/model` answers. */
  model(): BundleSourceStatus & { readonly learned?: object } {
    const learned = this.options.learned?.status();
    return { ...this.options.bundles.status(), ...(learned === undefined ? {} : { learned }) };
  }

  private processRecord(topic: string, partition: number, record: StreamRecord): StageOutput {
    const state = this.stateOf(partition);
    const published = state.range?.endsBefore(record) === true ? this.windowStats(state, state.range) : [];
    const startsRange = state.range === undefined;
    const range = (state.range ??= new OpenRange(partition, record, this.options.config.windowMs));
    const source = { partition, offset: record.offset };
    const decoded = decodeRecord(record);
    range.take(record, decoded.batch?.spans.count ?? 0);
    state.watermarkMs = Math.max(state.watermarkMs, decoded.watermarkMs ?? 0);
    state.recordTimeMs = Math.max(state.recordTimeMs, record.timestampMs);
    state.memory.advance(record.timestampMs);
    state.lag.add(record.offset, record.timestampMs, startsRange);
    if (decoded.batch === undefined) {
      const reason = decoded.reason ?? 'unreadable';
      this.metrics.malformed.inc();
      this.log.warn({ topic, ...source, reason }, 'malformed record sent to the dead-letter topic');
      return {
        effects: [],
        records: [
          ...published,
          deadLetter({ topic, partition }, { offset: record.offset, value: record.value }, reason),
        ],
      };
    }
    const { effects, records } = this.judgeRecord(state, range, source, record.timestampMs, decoded.batch);
    return { effects, records: [...published, ...records] };
  }

  private judgeRecord(
    state: PartitionState,
    range: OpenRange,
    source: Source,
    recordTimeMs: number,
    batch: TraceBatch,
  ): StageOutput {
    const stop = this.metrics.scoring.startTimer();
    const index = indexBatch(batch);
    const judgements = judge(batch, index, this.fresh(state, batch), this.options.config.traceScoreThreshold);
    countWindows(batch, index, judgements, range.tables);
    stop();
    this.count(batch, judgements);
    remember(state.memory, batch, judgements);

    const anomalous = judgements.filter(({ trace, anomalous }) => anomalous && !isRetraction(batch, trace));
    const stored = anomalous.filter(({ trace }) => !state.lag.isRepeating || isComplete(batch, trace));
    const plan = state.planner.plan(batch, stored, { source, recordTimeMs, repeated: state.lag.isRepeating });
    const tenants = batch.services.map((key) => parseServiceKey(key).tenant);
    const records: OutgoingRecord[] = [];
    for (const judgement of [...anomalous, ...withdrawn(state.memory, batch, judgements)]) {
      const tenant = tenants[batch.traces.entryService[judgement.trace] ?? 0] ?? defaultTenant;
      const key = plan.keys.get(judgement.trace);
      const object = key === undefined ? undefined : { bucket: this.options.anomalies.bucket, key };
      const message = verdict(batch, judgement, {
        tenant,
        source,
        maxFindings: this.options.config.maxFindings,
        object,
      });
      records.push(verdictRecord(message, recordTimeMs));
      range.verdicts.set(tenant, (range.verdicts.get(tenant) ?? 0) + 1);
    }
    return { effects: plan.effect === undefined ? [] : [plan.effect], records };
  }

  /**
   * The traces that were not here before and go on from what was counted, each with the bundle that judges it: a retraction with
   * the one that judged then.
   */
  private fresh({ memory }: PartitionState, batch: TraceBatch): TraceToJudge[] {
    const { traces } = batch;
    const fresh: TraceToJudge[] = [];
    for (let trace = 0; trace < traces.count; trace += 1) {
      const emission = emissionOf(batch, trace);
      const print = printOf(batch, trace);
      const seen = memory.find(emission);
      if (seen !== undefined) {
        this.metrics.traces.inc({ result: 'repeated' });
        if (seen.print !== print) this.tooLate(batch, trace);
        continue;
      }
      const taken = emission.retraction ? memory.find({ ...emission, retraction: false }) : undefined;
      const counted = goesOn(memory, emission, batch, print);
      const { activation } = taken ?? { activation: this.activationAt(traces.eventTimeMs[trace] ?? 0) };
      memory.add(emission, { activation, print, counted });
      if (counted) {
        const wasAnomalous = taken?.anomalous;
        fresh.push({ trace, activation, ...(wasAnomalous === undefined ? {} : { wasAnomalous }) });
        continue;
      }
      this.metrics.traces.inc({ result: 'repeated' });
      this.tooLate(batch, trace);
    }
    return fresh;
  }

  /** The bundle of an event time, with the learned models of it. */
  private activationAt(eventTimeMs: number): Activation | undefined {
    const bundle = this.options.bundles.at(eventTimeMs);
    const learned = this.options.learned?.at(eventTimeMs);
    if (bundle === undefined || learned === undefined) return bundle;
    let beside = this.together.get(bundle);
    if (beside === undefined) this.together.set(bundle, (beside = new WeakMap()));
    let activation = beside.get(learned);
    if (activation === undefined) beside.set(learned, (activation = { ...bundle, learned }));
    return activation;
  }

  /**
   * Spans that are not counted, since they go on from something else than what was: preprocessing restarted, and no longer knew their
   * trace. Some may have been counted with an earlier emission.
   */
  private tooLate(batch: TraceBatch, trace: number): void {
    if (!isRetraction(batch, trace)) this.metrics.lateSpans.inc(uncounted(batch, trace));
  }

  /** Ends a range. */
  private windowStats(state: PartitionState, range: OpenRange): OutgoingRecord[] {
    state.range = undefined;
    const deltas = range.deltas();
    const { verdicts, recordTimeMs } = range;
    const source = { ...range.source, recordTimeMs: state.recordTimeMs };
    for (const tenant of deltas.keys())
      if (this.tenants.size < this.options.config.maxTenants) this.tenants.add(tenant);
    const { told, watermarkMs } = state;
    const records: OutgoingRecord[] = [];
    for (const tenant of new Set([defaultTenant, ...deltas.keys(), ...this.tenants])) {
      const windows = deltas.get(tenant) ?? [];
      const due = watermarkMs - (told.get(tenant) ?? -Infinity) >= tellEveryMs;
      if (tenant !== defaultTenant && windows.length === 0 && !due) continue;
      told.set(tenant, watermarkMs);
      const message = { tenant, source, watermarkMs, verdicts: verdicts.get(tenant) ?? 0, windows };
      records.push(windowStatsRecord(message, recordTimeMs));
    }
    return records;
  }

  private stateOf(partition: number): PartitionState {
    let state = this.partitions.get(partition);
    if (state === undefined) {
      const { config, anomalies } = this.options;
      state = {
        memory: new EmissionMemory(config.rememberMs, config.maxRememberedBytes / this.assigned),
        lag: new CommitLag(config.rememberMs),
        planner: new StoragePlanner(anomalies, config.objectsPerMinute),
        told: new Map(),
        watermarkMs: 0,
        recordTimeMs: 0,
        range: undefined,
      };
      this.partitions.set(partition, state);
    }
    return state;
  }

  private count(batch: TraceBatch, judgements: readonly Judgement[]): void {
    for (const { trace, anomalous, abstained, findings, score, threshold } of judgements) {
      const result = isRetraction(batch, trace)
        ? 'retracted'
        : anomalous
          ? 'anomalous'
          : abstained
            ? 'abstained'
            : 'normal';
      this.metrics.traces.inc({ result });
      if ((result === 'normal' || result === 'anomalous') && threshold > 0)
        this.metrics.scores.observe(score / threshold);
      for (const { kind } of findings) this.metrics.findings.inc({ kind });
    }
    this.metrics.spans.inc(batch.spans.count);
    let [remembered, bytes] = [0, 0];
    for (const { memory } of this.partitions.values()) {
      remembered += memory.size;
      bytes += memory.byteLength;
      this.metrics.forgottenEarly.inc(memory.forgottenEarly);
      memory.forgottenEarly = 0;
    }
    this.metrics.remembered.set(remembered);
    this.metrics.rememberedBytes.set({ of: 'used' }, bytes);
    this.metrics.rememberedBytes.set({ of: 'limit' }, this.options.config.maxRememberedBytes);
  }

  private observeBundles(): void {
    const { bundles, refused } = this.options.bundles.status();
    const newest = bundles[bundles.length - 1];
    this.metrics.bundleEffectiveFrom.set((newest?.effectiveFromMs ?? 0) / 1000);
    this.metrics.operations.set({ state: 'known' }, newest?.operations ?? 0);
    this.metrics.operations.set({ state: 'abstaining' }, newest?.abstaining ?? 0);
    this.metrics.bundlesRefused.set(Object.keys(refused).length);
  }
}

/**
 * Whether an emission goes on from what was counted of its trace. Preprocessing that restarted may have read the end of a trace
 * without its beginning, or taken longer or shorter over it. Then it takes back, or adds to, something else than what was counted
 * as the revision before; neither this nor what takes its place is news.
 *
 * @param print of the emission
 */
function goesOn(memory: EmissionMemory, emission: Emission, batch: TraceBatch, print: number): boolean {
  const { trace, revision, retraction } = emission;
  const find = (of: number, takenBack: boolean) => memory.find({ ...emission, revision: of, retraction: takenBack });
  if (retraction) {
    // What comes after is known without it: that was counted for another window, beside this one.
    if (find(revision + 1, false) !== undefined) return false;
    const taken = find(revision, false);
    return taken === undefined || (taken.counted && taken.print === print);
  }
  const replaced = find(revision - 1, true);
  if (replaced !== undefined) return replaced.counted;
  const before = find(revision - 1, false);
  return before === undefined || (before.counted && before.print === printOf(batch, trace, 'counted'));
}

/** Spans of a trace that no earlier revision had in a window that is closed. */
function uncounted({ spans, traces }: TraceBatch, trace: number): number {
  let count = 0;
  for (let row = traces.spanOffsets[trace] ?? 0; row < (traces.spanOffsets[trace + 1] ?? 0); row += 1) {
    if (((spans.flags[row] ?? 0) & spanFlags.counted) === 0) count += 1;
  }
  return count;
}

function remember(memory: EmissionMemory, batch: TraceBatch, judgements: readonly Judgement[]): void {
  for (const { trace, anomalous } of judgements) memory.judge(emissionOf(batch, trace), anomalous);
}

/** Revisions that are normal where the one before, which was taken back, was not. A large trace's retraction came in a record of its own. */
function withdrawn(memory: EmissionMemory, batch: TraceBatch, judgements: readonly Judgement[]): Judgement[] {
  return judgements.filter(({ trace, anomalous }) => {
    const emission = emissionOf(batch, trace);
    const { revision, retraction } = emission;
    if (anomalous || retraction || revision <= 1) return false;
    return memory.find({ ...emission, revision: revision - 1, retraction: true })?.anomalous === true;
  });
}

/**
 * What else comes again after a restart may be the end of a trace whose beginning preprocessing did not read again. Its
 * service of entry is another, so it would get an object beside that of the whole trace.
 */
function isComplete({ traces }: TraceBatch, trace: number): boolean {
  return ((traces.flags[trace] ?? 0) & traceFlags.complete) !== 0;
}

function emissionOf(batch: TraceBatch, trace: number): Emission {
  const { traceId, revision } = batch.traces;
  return { traceId, trace, revision: revision[trace] ?? 1, retraction: isRetraction(batch, trace) };
}

function isRetraction({ traces }: TraceBatch, trace: number): boolean {
  return ((traces.flags[trace] ?? 0) & traceFlags.retraction) !== 0;
}
