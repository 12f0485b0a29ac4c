import { labelsOf, type ClosedWindow, type Evidence, type StatsTable } from '@plumbline/wire';
import { cut, label, percent, precise } from '../wording';
import { assertKnown, type EvidenceSource, type Stretch } from './source';

/** One version of a service, as long as it is remembered. */
interface Version {
  readonly firstSeenMs: number;
  lastSeenMs: number;
  /** Others were known when it came, and it was not. */
  readonly isNew: boolean;
  /** Requests on it, and of the whole service, since it came. */
  traces: number;
  ofTraces: number;
}

/** After a day without a request a version is forgotten; of one service no more than these are remembered, and few told. */
const memoryMs = 86_400_000;
const mostVersions = 64;
const mostTold = 2;
/** Windows between two looks at what can be forgotten. */
const forgetEvery = 360;

/**
 * Releases, seen by the attribute `service.version` of spans: a version of a service appears that neither the profile nor the
 * last day knew. The first version of a service is not news, nor is one that was there when the source began: when that
 * appeared is not known. Only shows as evidence: how much likelier a fault is after a release is known of no system.
 */
export class VersionChanges implements EvidenceSource {
  watermarkMs = -Infinity;
  private readonly services = new Map<string, Map<string, Version>>();
  private beganMs = Infinity;
  private windows = 0;

  /**
   * Takes in the next closed window; windows come by rising start.
   *
   * @param profile what was learnt before it, where anything was
   */
  observe({ startMs, durationMs, stats }: ClosedWindow, profile?: StatsTable): void {
    this.beganMs = Math.min(this.beganMs, startMs);
    this.watermarkMs = Math.max(this.watermarkMs, startMs + durationMs);
    for (const [service, row] of stats.services) {
      const versions = labelsOf(row.labels, 'version');
      if (versions === undefined) continue;
      let known = this.services.get(service);
      if (versions.size > 0 && known === undefined) this.services.set(service, (known = new Map<string, Version>()));
      const learnt = labelsOf(profile?.services.get(service)?.labels, 'version') ?? new Map<string, unknown>();
      const hadOthers = learnt.size + (known?.size ?? 0) > 0;
      for (const version of versions.keys()) {
        if (known === undefined || known.has(version)) continue;
        const isNew = hadOthers && !learnt.has(version) && startMs > this.beganMs;
        known.set(version, { firstSeenMs: startMs, lastSeenMs: startMs, isNew, traces: 0, ofTraces: 0 });
      }
      if (known !== undefined && known.size > mostVersions) trim(known, startMs);
      for (const [version, seen] of known ?? []) {
        const traces = Math.max(0, versions.get(version)?.traces ?? 0);
        if (traces > 0) seen.lastSeenMs = startMs;
        seen.traces += traces;
        seen.ofTraces += Math.max(traces, row.traces);
      }
    }
    this.windows += 1;
    if (this.windows % forgetEvery === 0) this.forget(startMs);
  }

  evidenceOf(service: string, stretch: Stretch): Evidence[] {
    assertKnown(this, stretch);
    return [...(this.services.get(service) ?? [])]
      .filter(([, { isNew, firstSeenMs }]) => isNew && firstSeenMs >= stretch.fromMs && firstSeenMs <= stretch.onsetMs)
      .sort(([a, x], [b, y]) => y.firstSeenMs - x.firstSeenMs || (a < b ? -1 : 1))
      .slice(0, mostTold)
      .map(([version, seen]) => evidence(service, version, seen, stretch));
  }

  private forget(nowMs: number): void {
    for (const [service, versions] of this.services) {
      trim(versions, nowMs);
      if (versions.size === 0) this.services.delete(service);
    }
  }
}

function trim(versions: Map<string, Version>, nowMs: number): void {
  const newestFirst = [...versions].sort(([a, x], [b, y]) => y.lastSeenMs - x.lastSeenMs || (a < b ? -1 : 1));
  for (const [i, [version, { lastSeenMs }]] of newestFirst.entries()) {
    if (i >= mostVersions || nowMs - lastSeenMs > memoryMs) versions.delete(version);
  }
}

function evidence(service: string, version: string, seen: Version, { onsetMs }: Stretch): Evidence {
  const share = seen.ofTraces > 0 ? Math.min(1, seen.traces / seen.ofTraces) : 0;
  const at = new Date(seen.firstSeenMs).toISOString().slice(11, 16);
  const name = `${cut(version, 60)} of ${label(service)}`;
  return {
    kind: 'new-version',
    source: 'changes',
    service,
    operation: '',
    signal: 'share of requests on the new version',
    unit: 'share',
    before: 0,
    now: precise(share),
    spans: seen.traces,
    weight: 0,
    sentence: `A new version ${name} appeared at ${at} UTC, ${before(onsetMs - seen.firstSeenMs)}; ${percent(share)} of its requests since then are on it.`,
  };
}

function before(ms: number): string {
  if (ms <= 0) return 'as the incident began';
  const seconds = Math.round(ms / 1000);
  return `${seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`} before the incident began`;
}
