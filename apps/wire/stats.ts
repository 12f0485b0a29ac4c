import { CompactSketch } from './compact-sketch';
import type { ServiceKey } from './identity';
import { intern } from './intern';
import { mergeLabels, type Labels } from './labels';
import { addToSketch, mergeSketch, type Sketch } from './sketch';
import {
  blindnessSums,
  edgeSketches,
  edgeSums,
  entrySketches,
  entrySums,
  operationSums,
  serviceSketches,
  serviceSums,
  tallySums,
} from './stats-fields';

/** What is counted of a set of spans of one operation. Durations are milliseconds. */
export interface Tally {
  count: number;
  /** Spans that failed. */
  errors: number;
  /** Failed spans none of whose synchronous children failed. */
  origins: number;
  /** End to end. */
  readonly duration: Sketch;
  /** Without the time covered by synchronous children. */
  readonly self: Sketch;
}

/** Statistics of one (service, operation, span kind). */
export interface OperationStats {
  readonly service: ServiceKey;
  readonly operation: string;
  /** OTLP span kind, 0 to 5. */
  readonly kind: number;
  /** `true`: spans by which requests enter the service; only these are parents of edges. */
  readonly entry: boolean;
  readonly all: Tally;
  /** Those in traces judged anomalous. */
  readonly anomalous: Tally;
  /** Spans whose own self time is improbable (p ≤ α of the bundle), whatever their trace is judged. */
  exceeding: number;
  /** Spans with any finding of their own, in anomalous traces: the numerator of the spectrum. */
  suspects: number;
  /** Traces with such a span. */
  traces: number;
  /** Mean own time of its spans in a trace, milliseconds, one value a trace; without spans that fail, lack a child or are calls. */
  readonly perTrace: Sketch;
  /** Traces in which one of its spans failed, in which a failure began there, and in which nothing below was bad as well. */
  erring: number;
  failing: number;
  deep: number;
  /** Whole traces in which none of its spans failed, and those of them in which one lacked a child it regularly has. */
  watched: number;
  lacking: number;
  /** Sets of children that its spans had, by {@link shapeKey}. */
  readonly shapes: Map<string, ShapeStats>;
}

/** How often spans of an operation had the same set of children; each at most once a trace. */
export interface ShapeStats {
  /** Traces. */
  count: number;
  /** Of them, traces in which the span lacked something and nothing below it was bad. */
  deep: number;
}

/** Per trace of one service: what it took over what it usually takes, c added to both (see `Normal`), one value a trace. */
export interface ServiceStats {
  readonly service: ServiceKey;
  traces: number;
  /** Traces in which a failure began in it. */
  failing: number;
  /** Own time. */
  readonly own: Sketch;
  /** Time between it and those it calls. */
  readonly out: Sketch;
  /** Time between its callers and it. */
  readonly in: Sketch;
  /** Versions, pods and nodes that its spans name; empty where they name none. */
  readonly labels: Labels;
}

/**
 * Statistics of calls from one entry operation of a service to another service.
 * The callee is a service key, or a peer such as `peer:postgresql/shop` that sends no spans of its own.
 */
export interface EdgeStats {
  readonly caller: ServiceKey;
  /** Entry operation of the caller in whose course the calls were made. */
  readonly callerOperation: string;
  readonly callee: string;
  /** Operation of the callee, or of the client span where the callee sends none. */
  readonly operation: string;
  calls: number;
  /** Calls that failed as the caller sees them. */
  clientErrors: number;
  /** Calls that failed as the callee sees them. */
  serverErrors: number;
  /** Entry spans of the caller with at least one such call; those with none are its count less this. */
  callers: number;
  /** Calls for each entry span that made any. */
  readonly fanout: Sketch;
  /** Client duration less server duration, milliseconds; only where both ends were seen. */
  readonly gap: Sketch;
  /** As the caller sees it, milliseconds. */
  readonly duration: Sketch;
  /** Mean gap of the calls in a trace, or their mean duration where the callee sends no spans; milliseconds, one value a trace. */
  readonly perTrace: Sketch;
  /** Whole traces with an entry span of the caller that did not fail and regularly makes this call, and those without the call. */
  watched: number;
  lacking: number;
  /** Calls whose gap is improbable. */
  gapExceeding: number;
  /** Entry spans whose number of such calls is improbable, too many or none. */
  fanoutExceeding: number;
  /** Like `callers`, `calls` and `clientErrors`, in anomalous traces only. */
  anomalousCallers: number;
  anomalousCalls: number;
  anomalousClientErrors: number;
}

/** Scores of whole traces by the operation they entered at; calibrates the threshold. */
export interface EntryStats {
  readonly service: ServiceKey;
  readonly operation: string;
  traces: number;
  anomalous: number;
  /** Traces that no bundle could judge. */
  abstained: number;
  /** Failed at the root. */
  failed: number;
  /** −ln p of the least probable time or call, 0 without findings; one a judged trace. Errors have a threshold of their own. */
  readonly score: Sketch;
  /** Of the entry span, milliseconds, one value a trace. */
  readonly duration: Sketch;
  /** All own time and gaps of a trace over what they usually are, one value a trace. */
  readonly ratio: Sketch;
}

/** Quality of what was seen, so that conclusions know their blindness. */
export interface Blindness {
  spans: number;
  /** Spans whose parent never came. */
  orphans: number;
  /** Traces without root. */
  rootless: number;
  /** Children that start before their parent or end after it by more than clocks explain. */
  skewed: number;
  /** Spans cut off by a limit. */
  truncated: number;
  /** Requests that the traces stand for, by how they were sampled, and the sum of the squares: Kish's n = (Σw)²/Σw². */
  weight: number;
  squaredWeight: number;
}

/** Statistics of a stretch of time: a window, an incident or a whole profile. Values of the maps are mutable sums. */
export interface StatsTable {
  readonly operations: Map<string, OperationStats>;
  readonly edges: Map<string, EdgeStats>;
  readonly entries: Map<string, EntryStats>;
  readonly services: Map<ServiceKey, ServiceStats>;
  readonly blindness: Blindness;
  /** New rows hold {@link CompactSketch}es: for tables that are merged and read, not counted into. */
  readonly compact?: true;
}

export function emptyTally(compact?: true): Tally {
  return { count: 0, errors: 0, origins: 0, duration: emptySketch(compact), self: emptySketch(compact) };
}

function emptySketch(compact: true | undefined): Sketch {
  return compact ? CompactSketch.empty() : new Map<number, number>();
}

function keyFor({ compact }: StatsTable, key: string): string {
  return compact ? intern(key) : key;
}

/** A table whose rows take an eighth of the memory, and cost more to count into. */
export function compactTable(): StatsTable {
  return { ...emptyTable(), compact: true };
}

export function emptyTable(): StatsTable {
  return {
    operations: new Map(),
    edges: new Map(),
    entries: new Map(),
    services: new Map(),
    blindness: { spans: 0, orphans: 0, rootless: 0, skewed: 0, truncated: 0, weight: 0, squaredWeight: 0 },
  };
}

export function operationKey(service: ServiceKey, operation: string, kind: number, entry: boolean): string {
  return `${service}\n${operation}\n${kind}\n${entry ? 1 : 0}`;
}

export function edgeKey(caller: ServiceKey, callerOperation: string, callee: string, operation: string): string {
  return `${caller}\n${callerOperation}\n${callee}\n${operation}`;
}

export function entryKey(service: ServiceKey, operation: string): string {
  return `${service}\n${operation}`;
}

/** The row of an operation, made when missing. */
export function operationRow(
  table: StatsTable,
  service: ServiceKey,
  operation: string,
  kind: number,
  entry: boolean,
): OperationStats {
  const key = operationKey(service, operation, kind, entry);
  let row = table.operations.get(key);
  if (row === undefined) {
    row = {
      service,
      operation,
      kind,
      entry,
      all: emptyTally(table.compact),
      anomalous: emptyTally(table.compact),
      exceeding: 0,
      suspects: 0,
      traces: 0,
      perTrace: emptySketch(table.compact),
      erring: 0,
      failing: 0,
      deep: 0,
      watched: 0,
      lacking: 0,
      shapes: new Map(),
    };
    table.operations.set(keyFor(table, key), row);
  }
  return row;
}

/** The row of an edge, made when missing. */
export function edgeRow(
  table: StatsTable,
  caller: ServiceKey,
  callerOperation: string,
  callee: string,
  operation: string,
): EdgeStats {
  const key = edgeKey(caller, callerOperation, callee, operation);
  let row = table.edges.get(key);
  if (row === undefined) {
    row = {
      caller,
      callerOperation,
      callee,
      operation,
      calls: 0,
      clientErrors: 0,
      serverErrors: 0,
      callers: 0,
      fanout: emptySketch(table.compact),
      gap: emptySketch(table.compact),
      duration: emptySketch(table.compact),
      perTrace: emptySketch(table.compact),
      watched: 0,
      lacking: 0,
      gapExceeding: 0,
      fanoutExceeding: 0,
      anomalousCallers: 0,
      anomalousCalls: 0,
      anomalousClientErrors: 0,
    };
    table.edges.set(keyFor(table, key), row);
  }
  return row;
}

/** The row of an entry, made when missing. */
export function entryRow(table: StatsTable, service: ServiceKey, operation: string): EntryStats {
  const key = entryKey(service, operation);
  let row = table.entries.get(key);
  if (row === undefined) {
    row = {
      service,
      operation,
      traces: 0,
      anomalous: 0,
      abstained: 0,
      failed: 0,
      score: emptySketch(table.compact),
      duration: emptySketch(table.compact),
      ratio: emptySketch(table.compact),
    };
    table.entries.set(keyFor(table, key), row);
  }
  return row;
}

/** The row of a service, made when missing. */
export function serviceRow(table: StatsTable, service: ServiceKey): ServiceStats {
  let row = table.services.get(service);
  if (row === undefined) {
    row = {
      service,
      traces: 0,
      failing: 0,
      own: emptySketch(table.compact),
      out: emptySketch(table.compact),
      in: emptySketch(table.compact),
      labels: new Map(),
    };
    table.services.set(service, row);
  }
  return row;
}

/** Joins the labels of a {@link shapeKey}. */
export const labelSeparator = '\u001f';

/** Key of a set of children: their labels in byte order. */
export function shapeKey(labels: Iterable<string>): string {
  return [...new Set(labels)].sort().join(labelSeparator);
}

/** Reads {@link shapeKey}. */
export function shapeLabels(key: string): string[] {
  return key === '' ? [] : key.split(labelSeparator);
}

/** Counts a set of children; one that has come to nothing disappears. */
export function addShape(shapes: Map<string, ShapeStats>, key: string, count: number, deep: number): void {
  const known = shapes.get(key);
  const sum = { count: (known?.count ?? 0) + count, deep: (known?.deep ?? 0) + deep };
  if (sum.count === 0 && sum.deep === 0) shapes.delete(key);
  else shapes.set(key, sum);
}

/** Adds one span to a tally, or takes it back with weight −1. */
export function addSpan(
  tally: Tally,
  span: { readonly durationMs: number; readonly selfMs: number; readonly error: boolean; readonly origin: boolean },
  weight = 1,
): void {
  tally.count += weight;
  if (span.error) tally.errors += weight;
  if (span.origin) tally.origins += weight;
  addToSketch(tally.duration, span.durationMs, weight);
  addToSketch(tally.self, span.selfMs, weight);
}

export function mergeTally(into: Tally, from: Tally, weight = 1): void {
  for (const key of tallySums) into[key] += weight * from[key];
  mergeSketch(into.duration, from.duration, weight);
  mergeSketch(into.self, from.self, weight);
}

/** Adds all of `from` to `into`, `weight` times (a weight below one forgets). */
export function mergeTable(into: StatsTable, from: StatsTable, weight = 1): void {
  for (const row of from.operations.values()) {
    const target = operationRow(into, row.service, row.operation, row.kind, row.entry);
    mergeTally(target.all, row.all, weight);
    mergeTally(target.anomalous, row.anomalous, weight);
    for (const key of operationSums) target[key] += weight * row[key];
    mergeSketch(target.perTrace, row.perTrace, weight);
    for (const [key, { count, deep }] of row.shapes) addShape(target.shapes, key, weight * count, weight * deep);
  }
  for (const row of from.edges.values()) {
    const target = edgeRow(into, row.caller, row.callerOperation, row.callee, row.operation);
    for (const key of edgeSums) target[key] += weight * row[key];
    for (const key of edgeSketches) mergeSketch(target[key], row[key], weight);
  }
  for (const row of from.entries.values()) {
    const target = entryRow(into, row.service, row.operation);
    for (const key of entrySums) target[key] += weight * row[key];
    for (const key of entrySketches) mergeSketch(target[key], row[key], weight);
  }
  for (const row of from.services.values()) {
    const target = serviceRow(into, row.service);
    for (const key of serviceSums) target[key] += weight * row[key];
    for (const key of serviceSketches) mergeSketch(target[key], row[key], weight);
    mergeLabels(target.labels, row.labels, weight);
  }
  for (const key of blindnessSums) into.blindness[key] += weight * from.blindness[key];
}
