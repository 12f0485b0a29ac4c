import { createHash } from 'node:crypto';
import {
  addSpan,
  addToSketch,
  edgeKey,
  edgeRow,
  emptyTable,
  entryKey,
  entryRow,
  operationKey,
  operationRow,
  quantile as quantileOf,
  serviceKey,
  sketchCount,
  type StatsTable,
  type Verdict,
} from '@plumbline/wire';
import type { ReferenceProfile } from '../reference';
import type { SimulatedSpan, SimulatedTrace } from './shop';

/** Key of a service of the simulated shop. */
export function key(service: string): string {
  return serviceKey({ tenant: 'default', environment: 'test', namespace: '', service });
}

const quantiles = new WeakMap<ReadonlyMap<number, number>, Map<number, number>>();

/** Quantiles of a profile that stays as it is. */
function quantile(sketch: ReadonlyMap<number, number>, q: number): number {
  let known = quantiles.get(sketch);
  if (known === undefined) quantiles.set(sketch, (known = new Map<number, number>()));
  const value = known.get(q) ?? quantileOf(sketch, q);
  known.set(q, value);
  return value;
}

interface MeasuredSpan {
  readonly span: SimulatedSpan;
  readonly selfMs: number;
  readonly origin: boolean;
  readonly entry: SimulatedSpan;
  readonly remote: SimulatedSpan | undefined;
}

/** A trace with what its judge found. */
export interface JudgedTrace {
  readonly trace: SimulatedTrace;
  readonly anomalous: boolean;
  readonly failed: boolean;
}

/** Adds one trace to a table; with a reference it is judged first, in the manner of detection but by much simpler rules. */
export function count(table: StatsTable, trace: SimulatedTrace, reference?: ReferenceProfile): JudgedTrace {
  const spans = measure(trace);
  const suspects = new Set<SimulatedSpan>();
  const exceeding = spans.filter((measured) => exceeds(measured.selfMs, normalSelf(measured, reference)));
  for (const { span } of exceeding) suspects.add(span);
  const slowCalls = spans.filter((measured) => exceeds(measured.selfMs, normalGap(measured, reference)));
  for (const { span } of slowCalls) suspects.add(span);
  for (const { span, origin } of spans) {
    if (origin && reference !== undefined && span.kind === 2) suspects.add(span);
  }
  const calls = callsByEntry(spans);
  const oddCalls = reference === undefined ? [] : oddNumbersOfCalls(spans, calls, reference);
  for (const { entry } of oddCalls) suspects.add(entry);
  const [root] = trace.spans;
  const anomalous =
    exceeding.some((measured) => farOut(measured.selfMs, normalSelf(measured, reference))) ||
    slowCalls.some((measured) => farOut(measured.selfMs, normalGap(measured, reference))) ||
    suspects.size > exceeding.length + slowCalls.length;

  for (const measured of spans) {
    const { span, selfMs, origin } = measured;
    const row = operationRow(table, key(span.service), span.operation, span.kind, span.kind === 2);
    const counted = { durationMs: span.endMs - span.startMs, selfMs, error: span.error, origin };
    addSpan(row.all, counted);
    if (anomalous) addSpan(row.anomalous, counted);
    if (exceeding.includes(measured)) row.exceeding += 1;
    if (anomalous && suspects.has(span)) row.suspects += 1;
    table.blindness.spans += 1;
  }
  countCalls(table, calls, anomalous, reference);
  for (const { edge } of oddCalls) edgeRow(table, ...edge).fanoutExceeding += 1;
  if (root !== undefined) {
    const row = entryRow(table, key(root.service), root.operation);
    row.traces += 1;
    if (anomalous) row.anomalous += 1;
    if (root.error) row.failed += 1;
  }
  return { trace, anomalous, failed: root?.error ?? false };
}

/** What was learnt from traces, as a bundle would say it. */
export function learn(traces: readonly SimulatedTrace[]): ReferenceProfile {
  const profile = emptyTable();
  for (const trace of traces) count(profile, trace);
  return { version: 'learnt', alpha: 0.01, minSupport: 20, profile };
}

export function verdictOf({ trace, failed }: JudgedTrace, source: Verdict['source']): Verdict {
  const [root] = trace.spans;
  return {
    schema: 1,
    tenant: 'default',
    source,
    traceId: createHash('sha256').update(String(trace.index)).digest('hex').slice(0, 32),
    revision: 1,
    eventTimeMs: trace.startMs,
    entryService: key(root?.service ?? ''),
    entryOperation: root?.operation ?? '',
    durationMs: trace.endMs - trace.startMs,
    spanCount: trace.spans.length,
    failed,
    score: trace.endMs - trace.startMs,
    threshold: 0,
    bundle: 'learnt',
    services: [...new Set(trace.spans.map(({ service }) => key(service)))],
    findings: [],
  };
}

function measure({ spans }: SimulatedTrace): MeasuredSpan[] {
  const byId = new Map(spans.map((span) => [span.id, span]));
  return spans.map((span) => {
    const children = spans.filter(({ parent }) => parent === span.id).sort((a, b) => a.startMs - b.startMs);
    let covered = 0;
    let through = span.startMs;
    for (const { startMs, endMs } of children) {
      covered += Math.max(0, endMs - Math.max(startMs, through));
      through = Math.max(through, endMs);
    }
    let entry = span;
    while (entry.kind !== 2) entry = byId.get(entry.parent ?? -1) ?? { ...entry, kind: 2 };
    return {
      span,
      selfMs: span.endMs - span.startMs - covered,
      origin: span.error && !children.some(({ error }) => error),
      entry,
      remote: span.kind === 3 ? children[0] : undefined,
    };
  });
}

type Normal = ReadonlyMap<number, number> | undefined;

function normalSelf({ span, remote }: MeasuredSpan, reference: ReferenceProfile | undefined): Normal {
  if (reference === undefined || remote !== undefined) return undefined;
  const row = reference.profile.operations.get(
    operationKey(key(span.service), span.operation, span.kind, span.kind === 2),
  );
  return row !== undefined && row.all.count >= reference.minSupport ? row.all.self : undefined;
}

/** The self time of a client span with a callee's span below it is the time between the two. */
function normalGap({ entry, remote }: MeasuredSpan, reference: ReferenceProfile | undefined): Normal {
  if (reference === undefined || remote === undefined) return undefined;
  const edge = edgeKey(key(entry.service), entry.operation, key(remote.service), remote.operation);
  const gap = reference.profile.edges.get(edge)?.gap;
  return gap !== undefined && sketchCount(gap) >= reference.minSupport ? gap : undefined;
}

function exceeds(ms: number, normal: Normal): boolean {
  if (normal === undefined) return false;
  const high = quantile(normal, 0.95);
  return ms > Math.max(1.25 * high, high + 1, quantile(normal, 0.99));
}

function farOut(ms: number, normal: Normal): boolean {
  return normal !== undefined && ms > 1.5 * quantile(normal, 0.999);
}

interface Calls {
  readonly entry: SimulatedSpan;
  readonly edge: readonly [string, string, string, string];
  readonly made: MeasuredSpan[];
}

function callsByEntry(spans: readonly MeasuredSpan[]): Calls[] {
  const calls = new Map<string, Calls>();
  for (const measured of spans) {
    const { span, entry, remote } = measured;
    if (span.kind !== 3) continue;
    const callee = remote === undefined ? span.peer : key(remote.service);
    const edge = [key(entry.service), entry.operation, callee, remote?.operation ?? span.operation] as const;
    const id = `${entry.id}\n${edgeKey(...edge)}`;
    const known = calls.get(id);
    if (known === undefined) calls.set(id, { entry, edge, made: [measured] });
    else known.made.push(measured);
  }
  return [...calls.values()];
}

function countCalls(
  table: StatsTable,
  calls: readonly Calls[],
  anomalous: boolean,
  reference?: ReferenceProfile,
): void {
  for (const { edge, made } of calls) {
    const row = edgeRow(table, ...edge);
    row.callers += 1;
    if (anomalous) row.anomalousCallers += 1;
    addToSketch(row.fanout, made.length);
    for (const measured of made) {
      const { span, selfMs, remote } = measured;
      row.calls += 1;
      addToSketch(row.duration, span.endMs - span.startMs);
      if (span.error) row.clientErrors += 1;
      if (remote?.error === true) row.serverErrors += 1;
      if (anomalous) row.anomalousCalls += 1;
      if (anomalous && span.error) row.anomalousClientErrors += 1;
      if (remote === undefined) continue;
      addToSketch(row.gap, selfMs);
      if (exceeds(selfMs, normalGap(measured, reference))) row.gapExceeding += 1;
    }
  }
}

/** Entry spans that make twice as many calls as ever, or leave out one that is nearly always made. */
function oddNumbersOfCalls(
  spans: readonly MeasuredSpan[],
  calls: readonly Calls[],
  { profile }: ReferenceProfile,
): Calls[] {
  const odd = calls.filter(({ edge, made }) => {
    const normal = profile.edges.get(edgeKey(...edge));
    return normal !== undefined && made.length >= 2 + 2 * quantile(normal.fanout, 0.95);
  });
  for (const { span } of spans) {
    if (span.kind !== 2 || span.error) continue;
    for (const normal of profile.edges.values()) {
      if (normal.caller !== key(span.service) || normal.callerOperation !== span.operation) continue;
      const row = profile.operations.get(operationKey(normal.caller, normal.callerOperation, 2, true));
      if (row === undefined || normal.callers < 0.9 * row.all.count) continue;
      const edge = [normal.caller, normal.callerOperation, normal.callee, normal.operation] as const;
      const made = calls.some(({ entry, edge: other }) => entry === span && edgeKey(...other) === edgeKey(...edge));
      if (!made) odd.push({ entry: span, edge, made: [] });
    }
  }
  return odd;
}

/** Key of the entry row of one of the gateway's operations. */
export function gatewayEntry(operation: string): string {
  return entryKey(key('gateway'), operation);
}
