import type { StatsTable } from '@plumbline/wire';

/** A row of statistics belongs to a service, that of a call to the caller. */
type Row = { readonly service: string } | { readonly caller: string };

/**
 * Services whose statistics an incident may have touched: those it names, and who calls them or is called by them directly.
 *
 * @param table whose edges say who calls whom
 */
export function touchedServices(table: StatsTable, named: ReadonlySet<string>): ReadonlySet<string> {
  const touched = new Set(named);
  for (const { caller, callee } of table.edges.values()) {
    if (named.has(callee)) touched.add(caller);
    if (named.has(caller)) touched.add(callee);
  }
  return touched;
}

/**
 * The table without the rows of some services. Calls go with their caller, so that a caller is never counted without its
 * calls, which would be learnt as calls that it does not need to make.
 */
export function withoutServices(table: StatsTable, withheld: ReadonlySet<string>): StatsTable {
  return {
    ...table,
    operations: without(table.operations, withheld),
    edges: without(table.edges, withheld),
    entries: without(table.entries, withheld),
    services: without(table.services, withheld),
  };
}

function without<T extends Row>(rows: ReadonlyMap<string, T>, withheld: ReadonlySet<string>): Map<string, T> {
  return new Map([...rows].filter(([, row]) => !withheld.has('caller' in row ? row.caller : row.service)));
}
