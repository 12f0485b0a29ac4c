import { consumerGroups, topics } from '@plumbline/contracts';
import {
  ByteBudget,
  decodeIncident,
  decodeVerdict,
  decodeWindowStats,
  encodeIncident,
  headers,
  schemas,
  type Incident,
} from '@plumbline/wire';
import {
  bufferBytes,
  type Clock,
  deadLetter,
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
import { CatchUp } from './catch-up';
import { Collector, type JudgedWindow } from './collect';
import type { RootCauseConfig } from './config';
import { RootCauseMetrics } from './metrics';
import { Positions } from './positions';
import { Progress } from './progress';
import type { ProfileSource } from './reference';
import { TenantAnalysis } from './tenant';
import { readOptions } from './unread';

export interface RootCauseOptions {
  readonly config: RootCauseConfig;
  readonly stream: Pick<EventStream, 'partitions' | 'readAll'>;
  readonly profiles: ProfileSource;
  readonly clock: Clock;
  /** Bucket of whole anomalous traces, looked through now and then; without it nothing is caught up with. */
  readonly anomalies?: ObjectStore;
  readonly log?: Log;
  readonly registry?: Registry;
}

interface Tenant {
  readonly collector: Collector;
  readonly analysis: TenantAnalysis;
}

/**
 * Turns window statistics and verdicts into incidents. State is what the last windows said: a restart reads them again from
 * where {@link committable} points, with open incidents restored from the compacted topic.
 */
export class RootCause implements Stage {
  readonly name = 'root-cause';
  readonly group = consumerGroups['root-cause'];
  readonly topics = [topics.windowStats.name, topics.anomalies.name];

  private readonly tenants = new Map<string, Tenant>();
  /** What windows that are open may take, of all tenants. */
  private openWindows = openWindowsBudget();
  private published = new Map<string, Incident>();
  private positions = new Positions();
  private progress = new Progress();
  private readonly catchUp: CatchUp | undefined;
  private readonly metrics: RootCauseMetrics;
  private readonly log: Log;
  private readonly partitions: PartitionCount;
  private lastScanMs: number | undefined;

  constructor(private readonly options: RootCauseOptions) {
    this.metrics = new RootCauseMetrics(options.registry ?? new Registry());
    this.log = options.log ?? silentLog;
    this.partitions = new PartitionCount(options.stream, topics.tracesPreprocessed.name, this.log);
    this.catchUp = options.anomalies === undefined ? undefined : new CatchUp(options.anomalies, this.log);
  }

  async reset(): Promise<void> {
    this.tenants.clear();
    this.openWindows = openWindowsBudget();
    this.published = new Map();
    this.positions = new Positions();
    this.progress = new Progress();
    this.catchUp?.reset();
    await this.partitions.ask();
    await this.options.stream.readAll(topics.incidents.name, (record) => this.restore(record));
    await this.options.stream.readAll(topics.analysisProgress.name, (record) => this.restoreProgress(record));
    // Which profiles are needed is known when the first windows are.
    await this.options.profiles.refresh(Infinity);
  }

  async process(batch: RecordBatch): Promise<StageOutput> {
    const records: OutgoingRecord[] = [];
    for (const record of batch.records) {
      const deadLetter = this.read(batch, record);
      if (deadLetter !== undefined) records.push(deadLetter);
    }
    records.push(...(await this.advance()));
    return { effects: [], records };
  }

  async tick(nowMs: number): Promise<StageOutput> {
    const changed = await this.partitions.refresh(nowMs);
    for (const { collector } of this.tenants.values()) {
      if (changed) collector.setPartitions(this.partitions.count);
      collector.tick(nowMs);
    }
    this.lastScanMs ??= nowMs;
    if (nowMs - this.lastScanMs >= this.options.config.catchUpMs) {
      this.lastScanMs = nowMs;
      await this.scan();
    }
    const records = await this.advance();
    return records.length === 0 ? nothing : { effects: [], records };
  }

  committable({ topic, partition }: TopicPartition): number | undefined {
    return this.positions.committable(topic, partition, this.horizonMs());
  }

  /** Reads one record; returns a dead letter for what cannot be read. */
  private read(batch: RecordBatch, record: StreamRecord): OutgoingRecord | undefined {
    const { topic, partition } = batch;
    this.catchUp?.advance(record.timestampMs);
    let newestMs = -Infinity;
    try {
      if (record.value === null) throw new RangeError('a tombstone where a result is expected');
      if (topic === topics.anomalies.name) {
        const verdict = decodeVerdict(record.value);
        newestMs = verdict.eventTimeMs;
        this.catchUp?.hear(verdict, record.timestampMs);
        this.tenant(verdict.tenant).collector.addVerdict(verdict, record.timestampMs);
      } else {
        const stats = decodeWindowStats(record.value, readOptions);
        newestMs = Math.max(-Infinity, ...stats.windows.map(({ startMs }) => startMs));
        const { collector } = this.tenant(stats.tenant);
        const { late, closedEarly } = collector;
        collector.addStats(stats, record.timestampMs);
        this.metrics.late.inc(collector.late - late);
        this.metrics.closedEarly.inc(collector.closedEarly - closedEarly);
      }
    } catch (error) {
      const reason = (error instanceof Error ? error.message : String(error)).slice(0, 1000);
      this.metrics.malformed.inc();
      this.log.warn(
        { topic, partition, offset: record.offset, reason },
        'malformed record sent to the dead-letter topic',
      );
      this.positions.note(topic, partition, record.offset, newestMs);
      return deadLetter(batch, { offset: record.offset, value: record.value }, reason);
    }
    this.positions.note(topic, partition, record.offset, newestMs);
    return undefined;
  }

  /** Looks at the windows that are ready. */
  private async advance(): Promise<OutgoingRecord[]> {
    const { profiles, clock } = this.options;
    const records: OutgoingRecord[] = [];
    let refreshed = false;
    for (const [name, { collector, analysis }] of this.tenants) {
      const incompleteBefore = collector.incomplete;
      const ready = collector.takeReady();
      this.metrics.windows.inc({ result: 'incomplete' }, collector.incomplete - incompleteBefore);
      // A profile is announced before its time comes, so asking when windows close is soon enough, and the same on a replay.
      if (ready.length > 0 && !refreshed) await profiles.refresh(this.neededFromMs(ready));
      refreshed ||= ready.length > 0;
      for (const window of ready) {
        const reference = profiles.forTime(window.startMs);
        this.metrics.windows.inc({ result: reference === undefined ? 'unjudged' : 'judged' });
        if (reference !== undefined) this.progress.judge(name);
        this.metrics.newestWindow.set(window.startMs / 1000);
        for (const incident of analysis.apply(window, reference, clock.now())) records.push(this.publish(incident));
      }
      records.push(...this.progress.advance(name, collector.takenThroughMs));
    }
    if (refreshed) {
      let open = 0;
      for (const { analysis } of this.tenants.values()) open += analysis.openIncidents.length;
      this.metrics.open.set(open);
    }
    return records;
  }

  private publish(incident: Incident): OutgoingRecord {
    this.progress.note(incident);
    const { id, state, revision, title, severity, causes } = incident;
    this.metrics.incidents.inc({ event: state === 'resolved' ? 'resolved' : revision === 1 ? 'opened' : 'updated' });
    if (revision === 1) {
      this.metrics.openedBy.inc({ service: causes[0]?.service ?? '' });
      this.metrics.openedAfter.observe((this.options.clock.now() - incident.startedAtMs) / 1000);
    }
    this.log.info({ id, state, revision, severity, title, cause: causes[0]?.service }, 'incident published');
    return {
      topic: topics.incidents.name,
      key: id,
      value: encodeIncident(incident),
      headers: { [headers.schema]: schemas.incident },
    };
  }

  private async scan(): Promise<void> {
    const found = await this.catchUp?.scan();
    if (found === undefined || found.objects === 0) return;
    this.metrics.unheard.inc(found.objects);
    this.log.warn({ objects: found.objects }, 'stored traces were found that no verdict told of');
    for (const trace of found.traces) {
      for (const incident of this.tenants.get(trace.tenant)?.analysis.openIncidents ?? []) incident.addExemplar(trace);
    }
  }

  private tenant(name: string): Tenant {
    let tenant = this.tenants.get(name);
    if (tenant === undefined) {
      const { config } = this.options;
      const analysis = new TenantAnalysis(name, config, this.progress.decidedThrough(name));
      for (const incident of this.published.values()) if (incident.tenant === name) analysis.restore(incident);
      tenant = {
        collector: new Collector(this.partitions.count, config.verdictPatienceMs, this.openWindows),
        analysis,
      };
      this.tenants.set(name, tenant);
    }
    return tenant;
  }

  private restore({ value, key }: StreamRecord): void {
    if (value === null) {
      const id = Buffer.from(key ?? []).toString('utf8');
      this.published.delete(id);
      this.progress.forget(id);
      return;
    }
    try {
      const incident = decodeIncident(value);
      if ((this.published.get(incident.id)?.revision ?? 0) < incident.revision)
        this.published.set(incident.id, incident);
      this.progress.note(incident);
    } catch (error) {
      this.log.warn({ reason: String(error).slice(0, 500) }, 'an incident on the compacted topic cannot be read');
    }
  }

  private restoreProgress(record: StreamRecord): void {
    try {
      this.progress.restore(record);
    } catch (error) {
      this.log.warn({ reason: String(error).slice(0, 500) }, 'a record of progress cannot be read');
    }
  }

  /** Start of the oldest window of any tenant that is to be looked at. */
  private neededFromMs([oldest]: readonly JudgedWindow[]): number {
    let neededFromMs = oldest?.startMs ?? Infinity;
    for (const { collector } of this.tenants.values()) {
      neededFromMs = Math.min(neededFromMs, collector.oldestPendingMs ?? Infinity);
    }
    return neededFromMs;
  }

  /** Oldest event time that a restart needs. */
  private horizonMs(): number {
    let newest = -Infinity;
    for (const { analysis } of this.tenants.values()) newest = Math.max(newest, analysis.newestMs ?? -Infinity);
    let horizon = Infinity;
    for (const { analysis, collector } of this.tenants.values()) {
      const oldest = Math.min(analysis.horizonMs ?? Infinity, collector.oldestPendingMs ?? Infinity);
      horizon = Math.min(horizon, oldest);
    }
    return Math.max(horizon, newest - this.options.config.maxReplayMs);
  }
}

function openWindowsBudget(): ByteBudget {
  return new ByteBudget(bufferBytes(1 / 8));
}
