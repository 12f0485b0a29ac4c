import { createHash } from 'node:crypto';
import {
  compactTable,
  emptyTable,
  entryKey,
  isPeer,
  materialMs,
  mergeTable,
  parseServiceKey,
  type Cause,
  type EntryStats,
  type Evidence,
  type Exemplar,
  type Incident,
  type StatsTable,
  type Verdict,
} from '@plumbline/wire';
import { anomalousTrace } from './anomalous-trace';
import type { RootCauseConfig } from './config';
import { placesOf } from './evidence/places';
import type { EvidenceSource } from './evidence/source';
import { Exemplars } from './exemplars';
import { explain, notSeen } from './explain';
import { pathBetween } from './graph';
import { entrySymptom, symptoms, type EntrySymptom } from './impact';
import type { Alarm } from './opening/watch';
import { quietBefore, type ObservedWindow } from './observed-window';
import { moreSevere } from './publish';
import { rank } from './rank';
import { defaultModel, modelOf } from './ranking/model';
import type { StoppedEntry } from './ranking/scope';
import { publishedRanking } from './reckoning';
import { blendReference, mean, traceCount } from './reference';
import { label, timeSpan } from './wording';

/** What an incident is known by from its first moment. */
export interface IncidentSeed {
  readonly id: string;
  readonly tenant: string;
  readonly startedAtMs: number;
  readonly openedAtMs: number;
}

/** The id follows from the tenant, the first anomalous window and the stream that opened the incident. */
export function incidentId(tenant: string, startedAtMs: number, stream: string): string {
  return createHash('sha256')
    .update(JSON.stringify([tenant, startedAtMs, stream]))
    .digest('hex')
    .slice(0, 12);
}

/** How long before an incident a change is still worth telling: most that do harm do so within minutes. */
const changesMs = 900_000;
/** Traces of an entry from which shares of it are believed. */
const leastEntryTraces = 10;
/** Windows without any request that traffic which is sparse may have; in more of them nothing was heard, as when a broker is away. */
const longestLull = 3;

const titles: Readonly<Record<EntrySymptom, string>> = {
  errors: 'Errors in',
  latency: 'High latency in',
  other: 'Unusual requests in',
};

/** An open incident: everything that is remembered of it, and its step from window to window. */
export class IncidentState {
  readonly id: string;
  readonly startedAtMs: number;
  /** Services of the streams that alarmed for it, and services with symptoms. */
  readonly services = new Set<string>();
  /** Services by which the requests that show it enter: its scope. */
  readonly entryServices = new Set<string>();
  /** Newest state that was published. */
  published: Incident | undefined;
  windowsSincePublished = 0;
  resolvedAtMs: number | undefined;

  private readonly tenant: string;
  private readonly openedAtMs: number;
  private readonly now = compactTable();
  private readonly sinceStart = emptyTable();
  private before: StatsTable | undefined;
  private materialMs: number | undefined;
  private readonly firstSeenMs = new Map<string, number>();
  private readonly exemplars = new Exemplars();
  /** By row of the entry. */
  private readonly stopped = new Map<string, StoppedEntry>();
  private causes: readonly Cause[] = [];
  private ranked: Pick<Incident, 'ranking' | 'reckoning'> = { ranking: [] };
  private model = defaultModel;
  private affected: string[] = [];
  private severity: Incident['severity'] = 'low';
  private bundle = '';
  private throughMs: number;
  /** End of the last window in which it was anomalous. */
  private hotThroughMs: number;
  /** Time since then in which something was heard. */
  private calmMs = 0;

  /** @param sources what else is asked about the services it names */
  constructor(
    seed: IncidentSeed,
    private readonly config: RootCauseConfig,
    private readonly sources: readonly EvidenceSource[] = [],
  ) {
    ({ id: this.id, tenant: this.tenant, startedAtMs: this.startedAtMs, openedAtMs: this.openedAtMs } = seed);
    this.throughMs = seed.startedAtMs;
    this.hotThroughMs = seed.openedAtMs;
  }

  /** Continues an incident that was open when the worker stopped; its windows come again, as far as they are kept. */
  static restore(incident: Incident, config: RootCauseConfig, sources?: readonly EvidenceSource[]): IncidentState {
    const state = new IncidentState(incident, config, sources);
    state.published = incident;
    state.causes = incident.causes;
    const { ranking, reckoning } = incident;
    state.ranked = { ranking, ...(reckoning === undefined ? {} : { reckoning }) };
    state.affected = [...incident.affected];
    state.severity = incident.severity;
    state.bundle = incident.bundle;
    for (const service of incident.affected) state.services.add(service);
    for (const { service } of incident.causes) state.services.add(service);
    for (const { entryService } of incident.traces) state.entryServices.add(entryService);
    if (incident.path[0] !== undefined) state.entryServices.add(incident.path[0]);
    return state;
  }

  /** Takes in streams that alarm, and the services by which their requests enter. */
  join(alarms: readonly Alarm[], entryServices: Iterable<string>, windowMs: number): void {
    for (const alarm of alarms) {
      const { service, kind, onset } = alarm;
      this.services.add(service);
      const sinceMs = onset * windowMs;
      this.firstSeenMs.set(service, Math.min(this.firstSeenMs.get(service) ?? Infinity, sinceMs));
      if (kind === 'volume') this.stopped.set(alarm.row, stoppedEntry(alarm));
    }
    for (const service of entryServices) this.entryServices.add(service);
  }

  /**
   * Goes on by one window.
   *
   * @param alarmed whether any of its streams stands out in the window
   * @param history closed windows up to this one
   */
  step(window: ObservedWindow, alarmed: boolean, history: readonly ObservedWindow[]): void {
    const endMs = window.startMs + window.durationMs;
    if (endMs <= this.throughMs) return;
    const lullMs = window.startMs - this.throughMs;
    this.calmMs += window.durationMs + (lullMs <= longestLull * window.durationMs ? lullMs : 0);
    this.throughMs = endMs;
    this.before ??= blendReference(quietBefore(history, this.startedAtMs), window.reference.profile);
    this.materialMs ??= materialMs(window.reference.profile);
    this.bundle = window.reference.version;
    this.model = modelOf(window.reference.model ?? defaultModel, this.tenant);
    mergeEntries(this.sinceStart, window.stats);
    this.exemplars.add(window.verdicts);
    if (alarmed || endMs <= this.openedAtMs) {
      mergeTable(this.now, window.stats);
      this.hotThroughMs = endMs;
      this.calmMs = 0;
      this.conclude(this.before, this.materialMs);
    }
    // A window that was looked at before a restart did not resolve it then.
    const settled = this.published !== undefined && endMs <= this.published.throughMs;
    // Its own silence is calm, and so is noise: what rests is whatever does not stand out. When nothing at all is heard, nobody knows.
    if (this.calmMs >= this.config.resolveAfterMs && !settled) this.resolvedAtMs = endMs;
  }

  /** The record to publish, but for its revision and wall time. */
  incident(revision: number, publishedAtMs: number): Incident {
    const entries = this.entries();
    const total = (of: (row: { traces: number; anomalous: number; failed: number }) => number): number =>
      Math.max(0, Math.round(entries.reduce((sum, { row }) => sum + of(row), 0)));
    const before = this.before ?? emptyTable();
    const [entry] = entries;
    const [cause] = this.causes;
    const symptom =
      entry === undefined ? 'other' : entrySymptom(entry.row.service, entry.row.operation, this.now, before);
    const from = entry?.row.service;
    return {
      schema: 2,
      id: this.id,
      tenant: this.tenant,
      revision,
      state: this.resolvedAtMs === undefined ? 'open' : 'resolved',
      severity: this.severity,
      environment: environmentOf(this.affected),
      title: from === undefined ? (this.published?.title ?? 'Unusual requests') : `${titles[symptom]} ${label(from)}`,
      startedAtMs: this.startedAtMs,
      openedAtMs: this.openedAtMs,
      throughMs: this.throughMs,
      ...(this.resolvedAtMs === undefined ? {} : { resolvedAtMs: this.resolvedAtMs }),
      causes: [...this.causes],
      ...this.ranked,
      affected: this.affected.slice(0, 256),
      path: this.path(from, cause, before),
      traces: this.traces(cause?.service),
      anomalousTraces: Math.max(
        total(({ anomalous }) => anomalous),
        this.published?.anomalousTraces ?? 0,
      ),
      totalTraces: Math.max(
        total(({ traces }) => traces),
        this.published?.totalTraces ?? 0,
      ),
      failedTraces: Math.max(
        total(({ failed }) => failed),
        this.published?.failedTraces ?? 0,
      ),
      notSeen: notSeen(this.now, cause),
      bundle: this.bundle,
      publishedAtMs,
    };
  }

  /** Adds a trace that was found in the bucket and of which no verdict told. */
  addExemplar(verdict: Verdict): void {
    this.exemplars.add([anomalousTrace(verdict)]);
  }

  private conclude(before: StatsTable, c: number): void {
    const { now, firstSeenMs, stopped } = this;
    const ranking = rank({ now, before, materialMs: c, stopped: [...stopped.values()] }, this.model);
    this.ranked = publishedRanking(ranking, this.model);
    const window = timeSpan(this.startedAtMs, this.hotThroughMs);
    const more = (service: string): Evidence[] => this.more(service);
    this.causes = explain({ ranking, now, before, window, firstSeenMs, more });
    const worst = symptoms(now, before, c).map(({ service }) => service);
    const causes = this.causes.slice(0, 1).map(({ service }) => service);
    // Whoever was affected stays on the list, so that it does not flicker; the worst now come first.
    this.affected = [...new Set([...worst, ...causes.filter((service) => !isPeer(service)), ...this.affected])];
    for (const service of worst) this.services.add(service);
    this.severity = moreSevere(this.severityNow(), this.severity);
  }

  /** What other sources say, with what was said before a restart that they no longer know; then where it is. */
  private more(service: string): Evidence[] {
    const stretch = { fromMs: this.startedAtMs - changesMs, onsetMs: this.startedAtMs, throughMs: this.throughMs };
    const told = this.sources.flatMap((source) => source.evidenceOf(service, stretch));
    const before = this.published?.causes.find((cause) => cause.service === service)?.evidence ?? [];
    const kept = before.filter(({ source, kind }) => source !== 'traces' && !told.some((each) => each.kind === kind));
    return [...told, ...kept, ...placesOf(service, this.now.services.get(service)?.labels)];
  }

  private severityNow(): Incident['severity'] {
    let worst = 0;
    for (const { row } of this.entries()) {
      const during = this.now.entries.get(entryKey(row.service, row.operation));
      if (during === undefined || during.traces < leastEntryTraces) continue;
      worst = Math.max(worst, during.anomalous / during.traces, during.failed / during.traces);
    }
    if (worst >= this.config.criticalShare) return 'critical';
    return Math.max(worst, this.exceedingShare()) >= this.config.highShare ? 'high' : 'low';
  }

  /** Improbable spans of one operation for each trace: what there is where no trace is anomalous as a whole. */
  private exceedingShare(): number {
    const most = Math.max(0, ...[...this.now.operations.values()].map(({ exceeding }) => exceeding));
    return most / Math.max(1, traceCount(this.now));
  }

  /** Entries whose traces show it, most anomalous traces first; where none is, the entry that has become slowest. */
  private entries(): { readonly row: EntryStats }[] {
    const shown = new Set(this.exemplars.through(this.services).map((v) => entryKey(v.entryService, v.entryOperation)));
    const rows = [...this.sinceStart.entries].filter(([key, row]) => shown.has(key) || row.anomalous > 0);
    if (rows.length === 0) return slowestEntry(this.sinceStart, this.now, this.before ?? emptyTable());
    return rows
      .filter(([key]) => shown.size === 0 || shown.has(key))
      .sort(([a, x], [b, y]) => y.anomalous - x.anomalous || (a < b ? -1 : 1))
      .map(([, row]) => ({ row }));
  }

  private traces(cause: string | undefined): Exemplar[] {
    const worst = this.exemplars.publish(this.services, cause);
    return worst.length === 0 ? (this.published?.traces ?? []) : worst;
  }

  private path(from: string | undefined, cause: Cause | undefined, before: StatsTable): string[] {
    if (from === undefined) return this.published?.path ?? [];
    return cause === undefined ? [from] : pathBetween(from, cause.service, this.now, before).slice(0, 64);
  }
}

function stoppedEntry({ row, service, evidence, exceeding, observed, normally }: Alarm): StoppedEntry {
  const operation = row.slice(service.length + 1);
  return { service, operation, evidence, before: 1 - normally, now: 1 - exceeding / observed, requests: observed };
}

function slowestEntry({ entries }: StatsTable, now: StatsTable, before: StatsTable): { readonly row: EntryStats }[] {
  const growth = ({ service, operation }: EntryStats): number => {
    const rows = [...now.operations].filter(
      ([, row]) => row.entry && row.service === service && row.operation === operation,
    );
    const ratios = rows.map(([key, row]) => {
      const normal = mean(before.operations.get(key)?.all.duration ?? new Map<number, number>());
      return normal > 0 ? mean(row.all.duration) / normal : 1;
    });
    return Math.max(0, ...ratios);
  };
  const ranked = [...entries].map(([key, row]) => ({ key, row, growth: growth(row) }));
  ranked.sort((a, b) => b.growth - a.growth || (a.key < b.key ? -1 : 1));
  return ranked.slice(0, 1).map(({ row }) => ({ row }));
}

/** Only entries: that is all that is asked of the time since the start. */
function mergeEntries(into: StatsTable, { entries }: StatsTable): void {
  mergeTable(into, { ...emptyTable(), entries });
}

/** The environment that most services are in. */
function environmentOf(services: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const service of services) {
    if (isPeer(service)) continue;
    const { environment } = parseServiceKey(service);
    counts.set(environment, (counts.get(environment) ?? 0) + 1);
  }
  return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))[0]?.[0] ?? '';
}
