import type { Incident } from '@plumbline/wire';

/** Most incidents remembered for each tenant; the oldest are forgotten. */
const maxIncidents = 10_000;

interface Span {
  readonly revision: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * When there were incidents, by tenant: what happened then is not normal. An incident reaches one window back, since its first
 * anomalous window need not be where it began, and until it is resolved; one that stays open longer than `maxMs` is how
 * things are now.
 */
export class IncidentCalendar {
  private readonly tenants = new Map<string, Map<string, Span>>();

  constructor(private readonly maxMs: number) {}

  /** Takes the newest state of an incident; older revisions are ignored. */
  add({ tenant, id, revision, startedAtMs, resolvedAtMs }: Incident): void {
    let spans = this.tenants.get(tenant);
    if (spans === undefined) this.tenants.set(tenant, (spans = new Map<string, Span>()));
    if ((spans.get(id)?.revision ?? 0) >= revision) return;
    spans.delete(id);
    const toMs = Math.min(resolvedAtMs ?? Infinity, startedAtMs + this.maxMs);
    spans.set(id, { revision, fromMs: startedAtMs, toMs });
    const oldest = spans.keys().next();
    if (spans.size > maxIncidents && oldest.done !== true) spans.delete(oldest.value);
  }

  /** Whether an incident of the tenant covers a part of the window, or of the one after it. */
  covers(tenant: string, startMs: number, durationMs: number): boolean {
    for (const { fromMs, toMs } of this.tenants.get(tenant)?.values() ?? []) {
      if (startMs + 2 * durationMs > fromMs && startMs < toMs) return true;
    }
    return false;
  }

  /** Whether this revision of an incident, or a newer one, was taken. */
  knows(tenant: string, id: string, revision: number): boolean {
    return (this.tenants.get(tenant)?.get(id)?.revision ?? 0) >= revision;
  }
}
