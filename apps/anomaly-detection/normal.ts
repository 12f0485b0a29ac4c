import {
  edgeKey,
  entryKey,
  materialMs,
  operationKey,
  quantile,
  robustLog,
  regularShare,
  leastRegular,
  rulesOf,
  shapeLabels,
  sketchCount,
  timeFloorShare,
  type Bundle,
  type EdgeStats,
  type OperationStats,
  type ShapeRule,
  type Sketch,
} from '@plumbline/wire';

/** Traces from which a usual time is known. */
const leastTraces = 20;
/** What is taken for the 90th percentile of a ratio until it is known: the first bundle has medians and no ratios yet. */
const unsettledLog = Math.log(1.5);
/** ln of a ratio beyond which a value says no more; twenty times. */
export const mostLogRatio = 3;

/** What is usual of one operation. */
export interface NormalOperation {
  /** Median own time a trace, milliseconds; `NaN` where too little is known. */
  readonly medianMs: number;
  /** Own time of a span from which it is slow beyond doubt, milliseconds. */
  readonly slowMs: number;
  readonly rules: readonly ShapeRule[];
  /** Labels of children that are missed, when an entry span that did not fail lacks them. */
  readonly regular: readonly string[];
  /** Labels that children ever had. */
  readonly labels: ReadonlySet<string>;
}

export interface NormalEdge {
  /** Median gap, or time at a peer, a trace; milliseconds; `NaN` where too little is known. */
  readonly medianMs: number;
  /** Entry spans of the caller nearly always make this call. */
  readonly regular: boolean;
}

/** What traces are measured against: a bundle's profile made ready for look-ups. Source of the constants: measured recipes in docs/explanation/quality.md. */
export interface Normal {
  /** c: what a time has to differ by to matter; a fifth of the median duration of requests, milliseconds. */
  readonly materialMs: number;
  readonly operations: ReadonlyMap<string, NormalOperation>;
  readonly edges: ReadonlyMap<string, NormalEdge>;
  /** ln of the 90th percentile of each ratio by service, at least 0: what is not unusual. */
  readonly services: ReadonlyMap<string, { readonly own: number; readonly out: number; readonly in: number }>;
  /** Regular edges by the key of the caller's entry. */
  readonly regularEdges: ReadonlyMap<string, readonly EdgeStats[]>;
  /** Mean number of calls in the course of an entry span, by its entry key; those that are known well enough. */
  readonly callsPerEntry: ReadonlyMap<string, number>;
}

export function compileNormal({ profile }: Pick<Bundle, 'profile'>): Normal {
  const c = materialMs(profile);
  const operations = new Map<string, NormalOperation>();
  const entrySpans = new Map<string, number>();
  for (const row of profile.operations.values()) {
    const key = operationKey(row.service, row.operation, row.kind, row.entry);
    operations.set(key, compileOperation(row, c));
    if (row.entry) {
      const entry = entryKey(row.service, row.operation);
      entrySpans.set(entry, (entrySpans.get(entry) ?? 0) + row.all.count);
    }
  }
  const callsPerEntry = new Map<string, number>();
  for (const [entry, n] of entrySpans) if (n >= leastTraces) callsPerEntry.set(entry, 0);
  const edges = new Map<string, NormalEdge>();
  const regularEdges = new Map<string, EdgeStats[]>();
  for (const row of profile.edges.values()) {
    const from = entryKey(row.caller, row.callerOperation);
    const n = entrySpans.get(from) ?? 0;
    const regular = n >= leastRegular && row.callers >= regularShare * n;
    const calls = callsPerEntry.get(from);
    if (calls !== undefined) callsPerEntry.set(from, calls + row.calls / n);
    edges.set(edgeKey(row.caller, row.callerOperation, row.callee, row.operation), {
      medianMs: medianOf(row.perTrace),
      regular,
    });
    if (!regular) continue;
    const list = regularEdges.get(from);
    if (list === undefined) regularEdges.set(from, [row]);
    else list.push(row);
  }
  const services = new Map(
    [...profile.services].map(([key, row]) => [
      key,
      { own: usualLog(row.own), out: usualLog(row.out), in: usualLog(row.in) },
    ]),
  );
  return { materialMs: c, operations, edges, services, regularEdges, callsPerEntry };
}

function medianOf(sketch: Sketch): number {
  return sketchCount(sketch) >= leastTraces ? quantile(sketch, 0.5) : NaN;
}

function usualLog(ratios: Sketch): number {
  return sketchCount(ratios) >= leastTraces ? Math.max(0, Math.log(quantile(ratios, 0.9))) : unsettledLog;
}

function compileOperation(row: OperationStats, c: number): NormalOperation {
  const medianMs = medianOf(row.perTrace);
  const spread = Math.max(robustLog(row.all.self).spread, 0.05);
  const floor = c * timeFloorShare;
  const slowMs = (quantile(row.all.self, 0.5) + floor) * Math.exp(Math.max(4 * spread, 1)) - floor;
  const labels = new Set([...row.shapes.keys()].flatMap(shapeLabels));
  return { medianMs, slowMs: Number.isFinite(slowMs) ? slowMs : Infinity, labels, ...rulesOf(row.shapes) };
}
