import type { Incident } from '@plumbline/wire';
import type { JudgedWindow } from './collect';
import type { RootCauseConfig } from './config';
import { VersionChanges } from './evidence/versions';
import { IncidentState, incidentId } from './incident-state';
import { ObservedWindow } from './observed-window';
import { Baselines } from './opening/baseline';
import { VolumeWatch } from './opening/volume';
import { Watch, type Alarm } from './opening/watch';
import { isNews } from './publish';
import type { ReferenceProfile } from './reference';
import { scopes, type AlarmScope } from './scopes';

/** Resolved incidents that a restart may derive again. */
const mostResolved = 200;
/** Windows whose tables are kept; counts of streams are kept longer. */
const tableWindows = 30;

/**
 * The incidents of one tenant: a fold over closed windows in their order. Knows no clock; equal windows give equal
 * incidents, but for the time of publishing.
 */
export class TenantAnalysis {
  private history: ObservedWindow[] = [];
  private readonly watch = new Watch();
  private readonly volumes = new VolumeWatch();
  private readonly versions = new VersionChanges();
  private baselines: { readonly of: ReferenceProfile; readonly baselines: Baselines } | undefined;
  private readonly open: IncidentState[] = [];
  /** Resolved ones, so that a window that comes again after a restart does not open them anew. */
  private resolved: Incident[] = [];

  /** @param decidedThroughMs windows that ended by then were looked at before a restart: they open nothing any more. Milliseconds since the epoch */
  constructor(
    private readonly tenant: string,
    private readonly config: RootCauseConfig,
    private readonly decidedThroughMs = -Infinity,
  ) {}

  /** Continues from what was published before a restart. */
  restore(incident: Incident): void {
    if (incident.state === 'open') this.open.push(IncidentState.restore(incident, this.config, [this.versions]));
    else this.remember(incident);
  }

  get openIncidents(): readonly IncidentState[] {
    return this.open;
  }

  /** Oldest event time that a restart needs, milliseconds since the epoch; `undefined` before the first window. */
  get horizonMs(): number | undefined {
    const newest = this.history.at(-1);
    if (newest === undefined) return undefined;
    const lookBackMs = this.config.historyWindows * newest.durationMs;
    const starts = this.open.map(({ startedAtMs }) => startedAtMs - lookBackMs);
    return Math.max(Math.min(newest.startMs - lookBackMs, ...starts), newest.startMs - this.config.maxReplayMs);
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
    this.versions.observe(window, reference?.profile);
    if (reference === undefined) return [];
    const observed = new ObservedWindow(window, reference);
    this.history = [...this.history, observed].slice(-tableWindows);
    const alarms = this.alarms(observed);
    const alarmed = new Set<IncidentState>();
    for (const scope of scopes(alarms, window.stats, reference.profile)) {
      const incident = this.incidentOf(scope) ?? this.tryOpen(scope, observed);
      if (incident === undefined) continue;
      incident.join(scope.alarms, scope.entryServices, window.durationMs);
      alarmed.add(incident);
    }
    const changed: Incident[] = [];
    for (const incident of [...this.open]) {
      if (observed.startMs < incident.startedAtMs) continue;
      observed.inIncident = true;
      for (const past of this.history) {
        if (past.startMs >= incident.startedAtMs)
          incident.step(past, past === observed && alarmed.has(incident), this.history);
      }
      changed.push(...this.publish(incident, observed, nowMs));
    }
    observed.pack();
    return changed;
  }

  private alarms({ startMs, durationMs, stats, reference }: ObservedWindow): Alarm[] {
    if (this.baselines?.of !== reference)
      this.baselines = { of: reference, baselines: new Baselines(reference, this.config.settledBlocks) };
    const { baselines } = this.baselines;
    const number = Math.round(startMs / durationMs);
    const goingOn = this.goingOn(startMs, startMs + durationMs);
    return [...this.watch.add(number, stats, baselines, goingOn), ...this.volumes.add(number, stats, baselines)];
  }

  /** Services of incidents that were published of a window before a restart. */
  private goingOn(startMs: number, endMs: number): ReadonlySet<string> {
    const covering = this.open.filter(
      ({ startedAtMs, published }) => startMs >= startedAtMs && endMs <= (published?.throughMs ?? -Infinity),
    );
    return new Set(covering.flatMap(({ services }) => [...services]));
  }

  /** The oldest open incident whose requests enter where those of the alarms do. */
  private incidentOf({ entryServices, services }: AlarmScope): IncidentState | undefined {
    return this.open.find(
      (incident) =>
        [...entryServices].some((service) => incident.entryServices.has(service)) ||
        [...services].some((service) => incident.services.has(service)),
    );
  }

  private tryOpen(scope: AlarmScope, window: ObservedWindow): IncidentState | undefined {
    const [opening] = scope.alarms;
    if (opening === undefined) return undefined;
    const endMs = window.startMs + window.durationMs;
    // What the minutes before it were like is known less well now than it was then.
    if (endMs <= this.decidedThroughMs) return undefined;
    const startedAtMs = Math.min(...scope.alarms.map(({ onset }) => onset)) * window.durationMs;
    const wasResolved = this.resolved.some(
      (incident) =>
        startedAtMs < (incident.resolvedAtMs ?? 0) &&
        endMs > incident.startedAtMs &&
        endMs <= (incident.resolvedAtMs ?? 0) &&
        touches(incident, scope),
    );
    if (wasResolved) return undefined;
    const id = incidentId(this.tenant, startedAtMs, opening.key);
    const incident = new IncidentState({ id, tenant: this.tenant, startedAtMs, openedAtMs: endMs }, this.config, [
      this.versions,
    ]);
    this.open.push(incident);
    for (const past of this.history) if (past.startMs >= startedAtMs) past.inIncident = true;
    return incident;
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

function touches({ affected, causes, ranking, path }: Incident, { services, entryServices }: AlarmScope): boolean {
  const named = [
    ...affected,
    ...path,
    ...causes.map(({ service }) => service),
    ...ranking.map(({ service }) => service),
  ];
  return named.some((service) => services.has(service) || entryServices.has(service));
}
