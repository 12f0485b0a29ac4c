import type { Incident } from '@plumbline/wire';

/** Most incidents remembered for each tenant; the oldest are forgotten. */
const maxIncidents = 10_000;

interface Span {
  readonly revision: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Causes, affected, path; empty when it names nobody. */
  readonly services: readonly string[];
}

/**
 * When there were incidents, and of which services, by tenant: what happened there is not normal. An incident reaches one
 * window back, since its first anomalous window need not be where it began, and until it is resolved; one that stays open
 * longer than `maxMs` is how things are now.
 */
export class IncidentCalendar {
  private readonly tenants = new Map<string, Map<string, Span>>();
  /** One text for each name: many incidents name the same services. */
  private readonly names = new Map<string, string>();

  constructor(private readonly maxMs: number) {}

  /** Takes the newest state of an incident; older revisions are ignored. */
  add({ tenant, id, revision, startedAtMs, resolvedAtMs, causes, affected, path }: Incident): void {
    let spans = this.tenants.get(tenant);
    if (spans === undefined) this.tenants.set(tenant, (spans = new Map<string, Span>()));
    if ((spans.get(id)?.revision ?? 0) >= revision) return;
    spans.delete(id);
    const toMs = Math.min(resolvedAtMs ?? Infinity, startedAtMs + this.maxMs);
    const named = new Set([...causes.map(({ service }) => service), ...affected, ...path]);
    spans.set(id, { revision, fromMs: startedAtMs, toMs, services: [...named].map((name) => this.nameOf(name)) });
    const oldest = spans.keys().next();
    if (spans.size > maxIncidents && oldest.done !== true) spans.delete(oldest.value);
  }

  /**
   * Services named by the incidents of the tenant that cover a part of the window, or of the one after it; `everything` when
   * one of them names nobody.
   *
   * @param isRefuted whether people say that it was no incident: such a one withholds nothing. @default - none is
   */
  covering(
    tenant: string,
    startMs: number,
    durationMs: number,
    isRefuted: (id: string) => boolean = () => false,
  ): ReadonlySet<string> | 'everything' {
    const named = new Set<string>();
    for (const [id, { fromMs, toMs, services }] of this.tenants.get(tenant) ?? []) {
      if (startMs + 2 * durationMs <= fromMs || startMs >= toMs || isRefuted(id)) continue;
      if (services.length === 0) return 'everything';
      for (const service of services) named.add(service);
    }
    return named;
  }

  /** Whether this revision of an incident, or a newer one, was taken. */
  knows(tenant: string, id: string, revision: number): boolean {
    return (this.tenants.get(tenant)?.get(id)?.revision ?? 0) >= revision;
  }

  private nameOf(service: string): string {
    const known = this.names.get(service);
    if (known === undefined) this.names.set(service, service);
    return known ?? service;
  }
}
