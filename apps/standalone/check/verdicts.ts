import { serviceLabel, type Incident } from '@plumbline/wire';

/** How long after a fault began an incident counts, milliseconds. */
export const withinMs = 60_000;

/** What opened this long after a fault ended is of that fault, milliseconds. */
export const marginMs = 60_000;

/** What became of one fault. */
export interface ProbeOutcome {
  /** Milliseconds from the fault to the incident; absent when none opened within a minute. */
  readonly afterMs?: number;
  /** Services named by then, best first. */
  readonly ranking: readonly string[];
}

/** Keeps what was published of incidents, by id. */
export class IncidentWatch {
  private readonly revisions = new Map<string, Incident[]>();

  add(incident: Incident): void {
    const known = this.revisions.get(incident.id);
    if (known === undefined) this.revisions.set(incident.id, [incident]);
    else known.push(incident);
  }

  /** Whether an incident is open by what was published so far. */
  get anyOpen(): boolean {
    return [...this.revisions.values()].some((list) => list[list.length - 1]?.state === 'open');
  }

  /** Times at which incidents opened, milliseconds since the epoch. */
  get openedAtMs(): number[] {
    return [...this.revisions.values()].map(([first]) => first?.openedAtMs ?? 0);
  }

  /** What was known of a fault a minute after it began. */
  outcome(injectedMs: number): ProbeOutcome {
    const inTime = [...this.revisions.values()].filter(([first]) => {
      const afterMs = (first?.openedAtMs ?? Infinity) - injectedMs;
      return afterMs > 0 && afterMs <= withinMs;
    });
    const [earliest] = inTime.sort((a, b) => (a[0]?.openedAtMs ?? 0) - (b[0]?.openedAtMs ?? 0));
    const [first] = earliest ?? [];
    if (earliest === undefined || first === undefined) return { ranking: [] };
    const known = earliest.findLast(({ throughMs }) => throughMs <= injectedMs + withinMs) ?? first;
    return { afterMs: first.openedAtMs - injectedMs, ranking: rankingOf(known) };
  }
}

/** The whole ranking where an incident has one, the causes it claims otherwise. */
function rankingOf({ ranking, causes }: Incident): string[] {
  return (ranking.length > 0 ? ranking : causes).map(({ service }) => serviceLabel(service));
}
