import type { StatsTable } from '@plumbline/wire';

/** Whether a callee is one that sends no spans of its own. */
export function isPeer(callee: string): boolean {
  return callee.startsWith('peer:');
}

/** `postgresql/shop` of `peer:postgresql/shop`. */
export function peerName(callee: string): string {
  return callee.slice('peer:'.length);
}

const databases =
  /^(postgres|mysql|maria|mssql|oracle|mongo|redis|valkey|cassandra|sqlite|db2|cockroach|elastic|couch|memcache|dynamodb|h2)/i;

/** Whether a peer is a database, by its system's name. */
export function isDatabase(callee: string): boolean {
  return isPeer(callee) && databases.test(peerName(callee));
}

/** Share of all anomalous traces that a call has to be in for its two ends to be taken to share them, and their least number. */
const sharedShare = 0.1;
const leastShared = 2;

/**
 * Groups services that share anomalous traces: connected components over calls that a noticeable part of them make.
 * Every given service is in exactly one group; groups and members are in byte order.
 */
export function anomalousGroups(services: Iterable<string>, table: StatsTable): string[][] {
  const parent = new Map<string, string>();
  const find = (service: string): string => {
    let root = service;
    for (let up = parent.get(root); up !== undefined && up !== root; up = parent.get(root)) root = up;
    parent.set(service, root);
    return root;
  };
  let anomalous = 0;
  for (const row of table.entries.values()) anomalous += row.anomalous;
  const wanted = new Set(services);
  for (const service of wanted) find(service);
  for (const edge of table.edges.values()) {
    if (isPeer(edge.callee) || edge.anomalousCallers < Math.max(leastShared, sharedShare * anomalous)) continue;
    const [a, b] = [find(edge.caller), find(edge.callee)].sort();
    if (a !== undefined && b !== undefined) parent.set(b, a);
  }
  const groups = new Map<string, string[]>();
  for (const service of [...wanted].sort()) {
    const root = find(service);
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [service]);
    else group.push(service);
  }
  return [...groups.values()];
}

/** Services on a way from the entry to the cause along the calls with most anomalous traces; both alone when there is none. */
export function pathBetween(entry: string, cause: string, ...tables: readonly StatsTable[]): string[] {
  if (entry === cause) return [entry];
  // A call that is no longer made leads to its callee all the same, so the tables of before are looked at too.
  for (const table of tables) {
    const path = shortestPath(entry, cause, table);
    if (path !== undefined) return path;
  }
  return [entry, cause];
}

function shortestPath(entry: string, cause: string, table: StatsTable): string[] | undefined {
  const callees = new Map<string, Map<string, number>>();
  for (const { caller, callee, anomalousCalls, calls } of table.edges.values()) {
    if (calls <= 0) continue;
    let of = callees.get(caller);
    if (of === undefined) callees.set(caller, (of = new Map<string, number>()));
    of.set(callee, (of.get(callee) ?? 0) + anomalousCalls);
  }
  const cameFrom = new Map<string, string>([[entry, entry]]);
  const queue = [entry];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const ordered = [...(callees.get(next) ?? [])].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
    for (const [callee] of ordered) {
      if (cameFrom.has(callee)) continue;
      cameFrom.set(callee, next);
      if (callee === cause) return unwind(cameFrom, entry, cause);
      queue.push(callee);
    }
  }
  return undefined;
}

function unwind(cameFrom: ReadonlyMap<string, string>, entry: string, cause: string): string[] {
  const path = [cause];
  for (let at = cameFrom.get(cause); at !== undefined; at = cameFrom.get(at)) {
    path.unshift(at);
    if (at === entry) break;
  }
  return path;
}
