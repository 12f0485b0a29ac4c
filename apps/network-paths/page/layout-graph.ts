import type { GraphEdge, GraphNode, PathGraph } from './graph';

/** A node in its place: column from the left, row from the top; rows may be fractions. */
export interface PlacedNode extends GraphNode {
  readonly column: number;
  readonly row: number;
}

export interface PlacedGraph {
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly GraphEdge[];
  readonly columns: number;
  readonly rows: number;
}

/**
 * Places nodes in columns, each to the right of all that lead to it, and in rows in the middle of what is behind them: the same paths
 * look the same every time.
 */
export function layoutGraph({ nodes, edges }: PathGraph): PlacedGraph {
  const next = new Map<string, readonly string[]>(nodes.map(({ key }) => [key, []]));
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to].sort());
  const order = withoutCircles(next);
  const columns = columnsOf(order, next);
  const rows = rowsOf(order, next, columns);
  const placed = nodes.map((node) => ({ ...node, column: columns.get(node.key) ?? 0, row: rows.get(node.key) ?? 0 }));
  return {
    nodes: placed,
    edges,
    columns: Math.max(0, ...columns.values()) + 1,
    rows: Math.max(0, ...rows.values()) + 1,
  };
}

/** Every node before all that it leads to. What leads back is left out of `next`: two paths may pass two routers in either order. */
function withoutCircles(next: Map<string, readonly string[]>): readonly string[] {
  const done: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (key: string): void => {
    state.set(key, 'open');
    const forward = (next.get(key) ?? []).filter((to) => {
      if (state.get(to) === undefined) visit(to);
      return state.get(to) === 'done';
    });
    next.set(key, forward);
    state.set(key, 'done');
    done.push(key);
  };
  for (const key of next.keys()) if (!state.has(key)) visit(key);
  return done.reverse();
}

function columnsOf(order: readonly string[], next: ReadonlyMap<string, readonly string[]>): Map<string, number> {
  const columns = new Map<string, number>(order.map((key) => [key, 0]));
  for (const key of order) {
    const column = (columns.get(key) ?? 0) + 1;
    for (const to of next.get(key) ?? []) columns.set(to, Math.max(columns.get(to) ?? 0, column));
  }
  return columns;
}

function rowsOf(
  order: readonly string[],
  next: ReadonlyMap<string, readonly string[]>,
  columns: ReadonlyMap<string, number>,
): Map<string, number> {
  const rows = new Map<string, number>();
  let ends = 0;
  for (const key of depthFirst(order[0], next)) {
    const behind = (next.get(key) ?? []).flatMap((to) => rows.get(to) ?? []);
    if (behind.length > 0) rows.set(key, behind.reduce((sum, row) => sum + row, 0) / behind.length);
    else {
      rows.set(key, ends);
      ends += 1;
    }
  }
  spread(rows, columns);
  return rows;
}

/** What is behind a node comes before it. */
function depthFirst(start: string | undefined, next: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  const visit = (key: string): void => {
    seen.add(key);
    for (const to of next.get(key) ?? []) if (!seen.has(to)) visit(to);
    found.push(key);
  };
  if (start !== undefined) visit(start);
  return found;
}

/** Nodes of one column are at least a row apart. */
function spread(rows: Map<string, number>, columns: ReadonlyMap<string, number>): void {
  const byColumn = new Map<number, string[]>();
  for (const key of rows.keys()) {
    const column = columns.get(key) ?? 0;
    byColumn.set(column, [...(byColumn.get(column) ?? []), key]);
  }
  for (const keys of byColumn.values()) {
    let least = 0;
    for (const key of keys.sort((a, b) => (rows.get(a) ?? 0) - (rows.get(b) ?? 0))) {
      const row = Math.max(least, rows.get(key) ?? 0);
      rows.set(key, row);
      least = row + 1;
    }
  }
}
