import { serviceLabel, type Incident } from '@plumbline/wire';

/** An incident in the terms in which two replays are compared. */
export interface Outline {
  readonly id: string;
  readonly openedAt: string;
  readonly title: string;
  readonly severity: Incident['severity'];
  /** Service named first; absent where none was. */
  readonly firstCause?: string;
}

/** How the incidents of two replays of one recording differ. */
export interface Comparison {
  /** In the first replay alone. */
  readonly gone: readonly Outline[];
  /** In the second replay alone. */
  readonly added: readonly Outline[];
  /** In both, but opened at another time, with another title, severity or first cause. */
  readonly changed: readonly { readonly before: Outline; readonly after: Outline }[];
  /** Alike in both. */
  readonly same: number;
}

/**
 * Pairs incidents of two replays: each of the first, by start, with that of the second which shares the most time with it; of equals
 * the one with the same first cause. Ids do not do, since they follow from the window in which an incident began.
 */
export function compareIncidents(before: readonly Incident[], after: readonly Incident[]): Comparison {
  const left = new Set(after);
  const gone: Outline[] = [];
  const changed: { before: Outline; after: Outline }[] = [];
  let same = 0;
  for (const incident of before) {
    const counterpart = best(incident, left);
    if (counterpart === undefined) {
      gone.push(outline(incident));
      continue;
    }
    left.delete(counterpart);
    const pair = { before: outline(incident), after: outline(counterpart) };
    if (isAlike(pair.before, pair.after)) same += 1;
    else changed.push(pair);
  }
  return { gone, added: [...left].map(outline), changed, same };
}

export function outline(incident: Incident): Outline {
  const [first] = incident.causes;
  return {
    id: incident.id,
    openedAt: new Date(incident.openedAtMs).toISOString(),
    title: incident.title,
    severity: incident.severity,
    ...(first === undefined ? {} : { firstCause: serviceLabel(first.service) }),
  };
}

function best(incident: Incident, others: Iterable<Incident>): Incident | undefined {
  let found: Incident | undefined;
  let most = 0;
  for (const other of others) {
    if (other.tenant !== incident.tenant) continue;
    const sharedMs =
      Math.min(endMs(incident), endMs(other)) -
      Math.max(incident.startedAtMs, other.startedAtMs) +
      0.5 * Number(isNamedAlike(incident, other));
    if (sharedMs > most) {
      most = sharedMs;
      found = other;
    }
  }
  return found;
}

function endMs({ resolvedAtMs, throughMs }: Incident): number {
  return resolvedAtMs ?? throughMs;
}

function isNamedAlike(a: Incident, b: Incident): boolean {
  return a.causes[0]?.service === b.causes[0]?.service;
}

function isAlike(a: Outline, b: Outline): boolean {
  return a.openedAt === b.openedAt && a.title === b.title && a.severity === b.severity && a.firstCause === b.firstCause;
}
