import type { StatsTable } from '@plumbline/wire';
import type { Alarm } from './opening/watch';

/** Alarms that may have one cause: requests that show them enter by the same services. */
export interface AlarmScope {
  /** Strongest first. */
  readonly alarms: readonly Alarm[];
  readonly services: ReadonlySet<string>;
  readonly entryServices: ReadonlySet<string>;
}

/**
 * Divides alarms into scopes: two belong together when some service by which requests come in leads to both. Calls of now and
 * of normal times are followed, since a call that is no longer made leads to its callee all the same.
 */
export function scopes(alarms: readonly Alarm[], now: StatsTable, before: StatsTable): AlarmScope[] {
  if (alarms.length === 0) return [];
  const callers = callersOf(now, before);
  const roots = new Set([...now.entries.values(), ...before.entries.values()].map(({ service }) => service));
  const known = new Map<string, ReadonlySet<string>>();
  const groups: { alarms: Alarm[]; services: Set<string>; entryServices: Set<string> }[] = [];
  for (const alarm of alarms) {
    const entries = known.get(alarm.service) ?? entriesTo(alarm.service, callers, roots);
    known.set(alarm.service, entries);
    const linked = groups.filter(
      (group) => group.services.has(alarm.service) || [...entries].some((entry) => group.entryServices.has(entry)),
    );
    const [first, ...others] = linked;
    const group = first ?? { alarms: [], services: new Set<string>(), entryServices: new Set<string>() };
    if (first === undefined) groups.push(group);
    for (const other of others) {
      group.alarms.push(...other.alarms);
      for (const service of other.services) group.services.add(service);
      for (const entry of other.entryServices) group.entryServices.add(entry);
      groups.splice(groups.indexOf(other), 1);
    }
    group.alarms.push(alarm);
    group.services.add(alarm.service);
    for (const entry of entries) group.entryServices.add(entry);
  }
  for (const group of groups) group.alarms.sort((a, b) => b.evidence - a.evidence || (a.key < b.key ? -1 : 1));
  return groups;
}

function callersOf(...tables: readonly StatsTable[]): ReadonlyMap<string, ReadonlySet<string>> {
  const callers = new Map<string, Set<string>>();
  for (const table of tables) {
    for (const { caller, callee, calls } of table.edges.values()) {
      if (calls <= 0 || caller === callee) continue;
      const of = callers.get(callee);
      if (of === undefined) callers.set(callee, new Set([caller]));
      else of.add(caller);
    }
  }
  return callers;
}

/** Services by which requests come in that lead to a service, itself included where it is one of them. */
function entriesTo(
  service: string,
  callers: ReadonlyMap<string, ReadonlySet<string>>,
  roots: ReadonlySet<string>,
): ReadonlySet<string> {
  const seen = new Set([service]);
  const queue = [service];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const caller of callers.get(next) ?? []) {
      if (seen.has(caller)) continue;
      seen.add(caller);
      queue.push(caller);
    }
  }
  return new Set([...seen].filter((candidate) => roots.has(candidate)));
}
