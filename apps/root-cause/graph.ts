import { isPeer, peerName, type StatsTable } from '@plumbline/wire';

const databases =
  /^(postgres|mysql|maria|mssql|oracle|mongo|redis|valkey|cassandra|sqlite|db2|cockroach|elastic|couch|memcache|dynamodb|h2)/i;

/** Whether a peer is a database, by its system's name. */
export function isDatabase(callee: string): boolean {
  return isPeer(callee) && databases.test(peerName(callee));
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
