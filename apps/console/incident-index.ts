import type { Incident } from '@plumbline/wire';

/** Incidents kept; the oldest ones resolved go first. */
const defaultCapacity = 10_000;

/** What is asked of the list. */
export interface IncidentQuery {
  readonly state?: Incident['state'];
  /** Service key among causes or affected. */
  readonly service?: string;
  /** Id after which to go on. */
  readonly after?: string;
  readonly limit: number;
}

/** The newest revision of every incident, in memory, newest start first. */
export class IncidentIndex {
  private readonly incidents = new Map<string, Incident>();

  constructor(private readonly capacity = defaultCapacity) {}

  put(incident: Incident): void {
    const known = this.incidents.get(incident.id);
    if (known !== undefined && known.revision > incident.revision) return;
    this.incidents.set(incident.id, incident);
    if (this.incidents.size > this.capacity) this.forgetOldest();
  }

  get(id: string): Incident | undefined {
    return this.incidents.get(id);
  }

  clear(): void {
    this.incidents.clear();
  }

  get openCount(): number {
    let open = 0;
    for (const incident of this.incidents.values()) if (incident.state === 'open') open += 1;
    return open;
  }

  list({ state, service, after, limit }: IncidentQuery): { readonly incidents: Incident[]; readonly next?: string } {
    const matching = this.newestFirst().filter(
      (incident) =>
        (state === undefined || incident.state === state) &&
        (service === undefined ||
          incident.affected.includes(service) ||
          incident.causes.some((cause) => cause.service === service)),
    );
    const from = after === undefined ? 0 : matching.findIndex(({ id }) => id === after) + 1;
    const page = matching.slice(from, from + limit);
    const last = page[page.length - 1];
    return { incidents: page, ...(last !== undefined && from + limit < matching.length ? { next: last.id } : {}) };
  }

  private newestFirst(): Incident[] {
    return [...this.incidents.values()].sort((a, b) => b.startedAtMs - a.startedAtMs || (a.id < b.id ? -1 : 1));
  }

  private forgetOldest(): void {
    const order = this.newestFirst().reverse();
    const victim = order.find(({ state }) => state === 'resolved') ?? order[0];
    if (victim !== undefined) this.incidents.delete(victim.id);
  }
}
