import { entryKey, type Incident } from '@plumbline/wire';
import { alarms, tableSince, type Alarm, type ObservedWindow } from './alarm';
import type { JudgedWindow } from './collect';
import type { RootCauseConfig } from './config';
import { anomalousGroups } from './graph';
import { IncidentState, incidentId } from './incident-state';
import { isNews } from './publish';
import type { ReferenceProfile } from './reference';
import { observe } from './streams';

/** Resolved incidents that a restart may derive again. */
const mostResolved = 200;
/** Share of the spans or calls of a stream that exceed, from which its traces count as anomalous as a whole. */
const mostExceed = 0.5;
/** Windows of normal that are kept before the start of an open incident. */
const windowsBeforeIncident = 14;

/**
 * The incidents of one tenant: a fold over closed windows in their order. Knows no clock; equal windows give equal
 * incidents, but for the time of publishing.
 */
export class TenantAnalysis {
  private history: ObservedWindow[] = [];
  private readonly open: IncidentState[] = [];
  /** Resolved ones, so that a window that comes again after a restart does not open them anew. */
  private resolved: Incident[] = [];

  constructor(
    private readonly tenant: string,
    private readonly config: RootCauseConfig,
  ) {}

  /** Continues from what was published before a restart. */
  restore(incident: Incident): void {
    if (incident.state === 'open') this.open.push(IncidentState.restore(incident, this.config));
    else this.remember(incident);
  }

  get openIncidents(): readonly IncidentState[] {
    return this.open;
  }

  /** Oldest event time that a restart needs, milliseconds since the epoch; `undefined` before the first window. */
  get horizonMs(): number | undefined {
    const oldest = this.history[0]?.startMs;
    const newest = this.history.at(-1);
    if (oldest === undefined || newest === undefined) return undefined;
    const starts = this.open.map(({ startedAtMs }) => startedAtMs - windowsBeforeIncident * newest.durationMs);
    return Math.max(Math.min(oldest, ...starts), newest.startMs - this.config.maxReplayMs);
  }

  /** Start of the newest window, milliseconds since the epoch. */
  get newestMs(): number | undefined {
    return this.history.at(-1)?.startMs;
  }

  /**
   * Folds in the next window.
   *
   * @param reference the profile that judged it; before there is one, nothing is normal and nothing is not
   * @param nowMs wall clock, only written down
   * @returns incidents as they are to be published
   */
  apply(window: JudgedWindow, reference: ReferenceProfile | undefined, nowMs: number): Incident[] {
    if (reference === undefined) return [];
    const observed: ObservedWindow = {
      ...window,
      reference,
      observations: observe(window.stats, reference),
      inIncident: new Set(),
    };
    this.history.push(observed);
    this.history = this.history.slice(-this.config.historyWindows);
    for (const { streams, startedAtMs } of this.open) {
      if (observed.startMs >= startedAtMs) for (const key of streams.keys()) observed.inIncident.add(key);
    }
    this.group(observed);
    const changed: Incident[] = [];
    for (const incident of [...this.open]) {
      if (observed.startMs < incident.startedAtMs) continue;
      for (const past of this.history) if (past.startMs >= incident.startedAtMs) incident.step(past, this.history);
      changed.push(...this.publish(incident, observed, nowMs));
    }
    return changed;
  }

  /** Alarms that share traces with an open incident join it; the others may open one. */
  private group(window: ObservedWindow): void {
    const raised = alarms(this.history, this.config);
    if (raised.length === 0) return;
    const since = tableSince(this.history, Math.min(...raised.map(({ onsetMs }) => onsetMs)));
    const services = new Set(raised.map(({ stream }) => stream.service));
    for (const incident of this.open) for (const service of incident.services) services.add(service);
    for (const members of anomalousGroups(services, since)) {
      const group = raised.filter(({ stream }) => members.includes(stream.service));
      if (group.length === 0) continue;
      const known = this.open.find((incident) => members.some((service) => incident.services.has(service)));
      if (known === undefined) this.tryOpen(group, members, window);
      else this.admit(known, group);
    }
  }

  private tryOpen(group: readonly Alarm[], members: readonly string[], window: ObservedWindow): void {
    // That traces are anomalous is no explanation; something in them has to have changed.
    const opening = group.find(({ stream }) => stream.kind !== 'entry');
    if (opening === undefined || !this.showsInTraces(opening, members)) return;
    const endMs = window.startMs + window.durationMs;
    const wasResolved = this.resolved.some(
      ({ startedAtMs, resolvedAtMs = 0, affected, causes }) =>
        opening.onsetMs < resolvedAtMs &&
        endMs > startedAtMs &&
        endMs <= resolvedAtMs &&
        (affected.some((service) => members.includes(service)) ||
          causes.some(({ service }) => members.includes(service))),
    );
    if (wasResolved) return;
    const startedAtMs = opening.onsetMs;
    const incident = new IncidentState(
      {
        id: incidentId(this.tenant, startedAtMs, opening.stream.key),
        tenant: this.tenant,
        startedAtMs,
        openedAtMs: endMs,
      },
      this.config,
    );
    for (const service of members) incident.services.add(service);
    this.open.push(incident);
    this.admit(incident, group);
  }

  private admit(incident: IncidentState, group: readonly Alarm[]): void {
    incident.join(group);
    for (const past of this.history) {
      if (past.startMs < incident.startedAtMs) continue;
      for (const { stream } of group) past.inIncident.add(stream.key);
    }
  }

  /** Enough anomalous traces through these services, in more than one window, and a noticeable part where nothing fails. */
  private showsInTraces({ onsetMs, stream, exceeding, observed }: Alarm, members: readonly string[]): boolean {
    // Where most are slow, none has to stand out by itself.
    if (exceeding >= mostExceed * observed) return true;
    const windows = this.history.filter(({ startMs }) => startMs >= onsetMs);
    const counts = windows.map(({ verdicts, stats }) => {
      const shown = verdicts.filter((verdict) => verdict.services.some((service) => members.includes(service)));
      const entries = new Set(shown.map(({ entryService, entryOperation }) => entryKey(entryService, entryOperation)));
      // Verdicts that never came are no reason to be blind: then any anomalous trace counts.
      const rows = [...stats.entries]
        .filter(([key]) => verdicts.length === 0 || entries.has(key))
        .map(([, row]) => row);
      const anomalous = rows.reduce((sum, row) => sum + row.anomalous, 0);
      return {
        anomalous: verdicts.length === 0 ? anomalous : shown.length,
        traces: rows.reduce((sum, { traces }) => sum + traces, 0),
      };
    });
    const anomalous = counts.reduce((sum, count) => sum + count.anomalous, 0);
    const traces = counts.reduce((sum, count) => sum + count.traces, 0);
    const fails = stream.kind === 'error' || stream.kind === 'failed';
    return (
      anomalous >= this.config.openMinTraces &&
      counts.filter((count) => count.anomalous > 0).length >= 2 &&
      (fails || anomalous >= this.config.openMinShare * traces)
    );
  }

  private publish(incident: IncidentState, window: ObservedWindow, nowMs: number): Incident[] {
    const { published } = incident;
    // What was published before a restart is not published again.
    if (published !== undefined && window.startMs + window.durationMs <= published.throughMs) return [];
    const next = incident.incident((published?.revision ?? 0) + 1, nowMs);
    incident.windowsSincePublished += 1;
    if (next.state === 'resolved') {
      this.open.splice(this.open.indexOf(incident), 1);
      this.remember(next);
    }
    if (!isNews(published, next) && incident.windowsSincePublished < this.config.refreshWindows) return [];
    incident.published = next;
    incident.windowsSincePublished = 0;
    return [next];
  }

  private remember(incident: Incident): void {
    this.resolved = [...this.resolved, incident].slice(-mostResolved);
  }
}
