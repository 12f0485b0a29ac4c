import {
  addLabel,
  addShape,
  addSpan,
  addToSketch,
  edgeRow,
  emptyTable,
  entryRow,
  noRow,
  operationRow,
  parseServiceKey,
  serviceRow,
  spanFlags,
  traceFlags,
  type EdgeStats,
  type EntryStats,
  type LabelStats,
  type OperationStats,
  type StatsTable,
  type TraceBatch,
  type WindowDelta,
} from '@plumbline/wire';
import type { BatchIndex, EdgeName } from './batch-index';
import type { Instances } from './instances';
import type { Judgement } from './judge';
import { operationMarks, TraceMeasurer, type ServiceTime } from './measure';
import type { Normal } from './normal';

/** Tables that are being counted into, by tenant and start of the window. */
export class WindowTables {
  private readonly tenants = new Map<string, Map<number, StatsTable>>();

  constructor(private readonly windowMs: number) {}

  /** The table of the window that an event time lies in, made when missing. */
  at(tenant: string, eventTimeMs: number): StatsTable {
    const startMs = Math.floor(eventTimeMs / this.windowMs) * this.windowMs;
    let windows = this.tenants.get(tenant);
    if (windows === undefined) this.tenants.set(tenant, (windows = new Map<number, StatsTable>()));
    let table = windows.get(startMs);
    if (table === undefined) windows.set(startMs, (table = emptyTable()));
    return table;
  }

  /** Windows by rising start; tenants in the order of first appearance. */
  deltas(): ReadonlyMap<string, readonly WindowDelta[]> {
    const deltas = new Map<string, WindowDelta[]>();
    for (const [tenant, windows] of this.tenants) {
      const sorted = [...windows].sort(([a], [b]) => a - b);
      deltas.set(
        tenant,
        sorted.map(([startMs, stats]) => ({ startMs, durationMs: this.windowMs, stats })),
      );
    }
    return deltas;
  }
}

/**
 * Adds the judged traces of one batch to the windows of their event time. Retractions are taken off. Each span counts once,
 * whatever it was sampled from: tests of shares must not believe in spans nobody saw.
 */
export function countWindows(
  batch: TraceBatch,
  index: BatchIndex,
  judgements: readonly Judgement[],
  tables: WindowTables,
): void {
  const counters = new Map<StatsTable, WindowCounter>();
  const tenants = batch.services.map((key) => parseServiceKey(key).tenant);
  const measurers = new Map<Normal | undefined, TraceMeasurer>();
  for (const judgement of judgements) {
    const { trace } = judgement;
    const tenant = tenants[batch.traces.entryService[trace] ?? 0] ?? '';
    const table = tables.at(tenant, batch.traces.eventTimeMs[trace] ?? 0);
    let counter = counters.get(table);
    if (counter === undefined) counters.set(table, (counter = new WindowCounter(batch, index, measurers, table)));
    counter.add(judgement);
  }
  for (const counter of counters.values()) counter.finish();
}

/** What the judged traces of one batch add to the statistics. */
export function windowDeltas(
  batch: TraceBatch,
  index: BatchIndex,
  judgements: readonly Judgement[],
  windowMs: number,
): ReadonlyMap<string, readonly WindowDelta[]> {
  const tables = new WindowTables(windowMs);
  countWindows(batch, index, judgements, tables);
  return tables.deltas();
}

/** ln of how far beyond what is usual of nine in ten traces the time at a version, pod or node is slow: half as long again. */
const slowLog = Math.log(1.5);
/** Weights are counted in sixteenths, so that their sums are exact and the same in whatever order. */
const perWeight = 16;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Counts traces of one batch into one table, with rows looked up once a name and not once a span. */
class WindowCounter {
  /** What versions, pods and nodes were like, by number, of each that numbers them. */
  private readonly instances = new Map<Instances, (Mutable<LabelStats> | undefined)[]>();
  private readonly operations: (OperationStats | undefined)[] = [];
  private readonly edges: (EdgeStats | undefined)[] = [];

  constructor(
    private readonly batch: TraceBatch,
    private readonly index: BatchIndex,
    /** Shared by the windows of a batch. */
    private readonly measurers: Map<Normal | undefined, TraceMeasurer>,
    private readonly table: StatsTable,
  ) {}

  add(judgement: Judgement): void {
    const { trace, anomalous } = judgement;
    const sign = ((this.batch.traces.flags[trace] ?? 0) & traceFlags.retraction) === 0 ? 1 : -1;
    this.addEntry(judgement, sign);
    this.addSpans(trace, anomalous, sign);
    this.addCalls(trace, anomalous, sign);
    this.addFindings(judgement, sign);
    this.addMeasures(judgement, sign);
  }

  private measurer(normal: Normal | undefined): TraceMeasurer {
    let measurer = this.measurers.get(normal);
    if (measurer === undefined) {
      measurer = new TraceMeasurer(this.batch, this.index, normal);
      this.measurers.set(normal, measurer);
    }
    return measurer;
  }

  /** One value a trace for each operation, call and service. */
  private addMeasures({ trace, activation }: Judgement, sign: number): void {
    const measurer = this.measurer(activation?.scorer.normal);
    measurer.measure(trace, true);
    const { own, calls, marks, shapes, normal } = measurer;
    for (const i of own.touched) {
      addToSketch(this.operationAt(i).perTrace, (own.sumMs[i] ?? 0) / (own.count[i] ?? 1), sign);
    }
    for (const i of calls.touched) {
      addToSketch(this.edge(i).perTrace, (calls.sumMs[i] ?? 0) / (calls.count[i] ?? 1), sign);
    }
    for (const i of measurer.markedOperations) this.addMarks(this.operationAt(i), marks[i] ?? 0, sign);
    for (const { operation, key, deep } of shapes) {
      addShape(this.operationAt(operation).shapes, key, sign, deep ? sign : 0);
    }
    for (const [key, lacking] of measurer.regularCalls) this.addRegularCall(key, lacking, sign);
    const { services } = this.batch;
    for (const i of measurer.services) {
      const row = serviceRow(this.table, services[i] ?? '');
      row.traces += sign;
      if (measurer.failingServices.has(i)) row.failing += sign;
    }
    this.addInstances(measurer, sign);
    if (normal === undefined) return;
    const addRatios = (way: 'own' | 'out' | 'in', times: ReadonlyMap<number, ServiceTime>): void => {
      for (const [i, time] of times) {
        addToSketch(serviceRow(this.table, services[i] ?? '')[way], Math.exp(measurer.logRatio(time)), sign);
      }
    };
    addRatios('own', measurer.ownTime);
    addRatios('out', measurer.outTime);
    addRatios('in', measurer.inTime);
    if (measurer.whole.usualMs > 0 && !this.isCounted(this.batch.traces.spanOffsets[trace] ?? 0)) {
      addToSketch(this.entryOf(trace).ratio, Math.exp(measurer.logRatio(measurer.whole)), sign);
    }
  }

  private addInstances(measurer: TraceMeasurer, sign: number): void {
    const { instances, normal } = measurer;
    let counted = this.instances.get(instances);
    if (counted === undefined) this.instances.set(instances, (counted = []));
    for (const i of instances.touched) {
      const count = (counted[i] ??= { traces: 0, failing: 0, slow: 0 });
      count.traces += sign;
      if (instances.failing[i] === true) count.failing += sign;
      const service = this.batch.services[instances.all[i]?.service ?? 0] ?? '';
      const usual = normal?.services.get(service)?.own ?? Infinity;
      const time = { actualMs: instances.actualMs[i] ?? 0, usualMs: instances.usualMs[i] ?? 0 };
      if (measurer.logRatio(time) > usual + slowLog) count.slow += sign;
    }
  }

  /** Adds what is counted once a batch. */
  finish(): void {
    for (const [{ all }, counted] of this.instances) {
      for (const [i, count] of counted.entries()) {
        const instance = all[i];
        if (instance === undefined || count === undefined) continue;
        const { labels } = serviceRow(this.table, this.batch.services[instance.service] ?? '');
        addLabel(labels, instance.kind, instance.text, count);
      }
    }
    this.instances.clear();
  }

  private addMarks(row: OperationStats, marks: number, sign: number): void {
    if ((marks & operationMarks.present) !== 0) row.traces += sign;
    if ((marks & operationMarks.erring) !== 0) row.erring += sign;
    if ((marks & operationMarks.failing) !== 0) row.failing += sign;
    if ((marks & operationMarks.deep) !== 0) row.deep += sign;
    if ((marks & operationMarks.watched) !== 0) row.watched += sign;
    if ((marks & operationMarks.lacking) !== 0) row.lacking += sign;
  }

  private addRegularCall(key: string, lacking: boolean, sign: number): void {
    const [caller = '', callerOperation = '', callee = '', operation = ''] = key.split('\n');
    const row = edgeRow(this.table, caller, callerOperation, callee, operation);
    row.watched += sign;
    if (lacking) row.lacking += sign;
  }

  private entryOf(trace: number): EntryStats {
    const { traces, services, operations } = this.batch;
    return entryRow(
      this.table,
      services[traces.entryService[trace] ?? 0] ?? '',
      operations[traces.entryOperation[trace] ?? 0] ?? '',
    );
  }

  private addEntry({ trace, anomalous, abstained, calibrating }: Judgement, sign: number): void {
    const { traces, spans } = this.batch;
    const first = traces.spanOffsets[trace] ?? 0;
    if (this.isCounted(first)) return;
    const row = this.entryOf(trace);
    row.traces += sign;
    const weight = Math.round((spans.weight[first] ?? 1) * perWeight) / perWeight;
    this.table.blindness.weight += sign * weight;
    this.table.blindness.squaredWeight += sign * weight * weight;
    if (anomalous) row.anomalous += sign;
    if (abstained) row.abstained += sign;
    else addToSketch(row.score, calibrating, sign);
    addToSketch(row.duration, spans.durationMs[first] ?? 0, sign);
    if (((spans.flags[first] ?? 0) & spanFlags.error) !== 0) row.failed += sign;
  }

  private addSpans(trace: number, anomalous: boolean, sign: number): void {
    const { traces, spans } = this.batch;
    const { blindness } = this.table;
    let rooted = this.isCounted(traces.spanOffsets[trace] ?? 0);
    const end = traces.spanOffsets[trace + 1] ?? 0;
    for (let row = traces.spanOffsets[trace] ?? 0; row < end; row += 1) {
      const flags = spans.flags[row] ?? 0;
      if (this.isCounted(row)) continue;
      const span = {
        durationMs: spans.durationMs[row] ?? 0,
        selfMs: spans.selfMs[row] ?? 0,
        error: (flags & spanFlags.error) !== 0,
        origin: (flags & spanFlags.origin) !== 0,
      };
      const operation = this.operation(row);
      addSpan(operation.all, span, sign);
      if (anomalous) addSpan(operation.anomalous, span, sign);
      blindness.spans += sign;
      if ((flags & spanFlags.orphan) !== 0) blindness.orphans += sign;
      else if (spans.parentRow[row] === noRow) rooted = true;
      if ((flags & spanFlags.skewed) !== 0) blindness.skewed += sign;
      if ((flags & spanFlags.truncated) !== 0) blindness.truncated += sign;
    }
    if (!rooted) blindness.rootless += sign;
  }

  private addCalls(trace: number, anomalous: boolean, sign: number): void {
    const { spans } = this.batch;
    const { callOffsets, calls, groupOffsets, groups } = this.index;
    for (let i = callOffsets[trace] ?? 0; i < (callOffsets[trace + 1] ?? 0); i += 1) {
      const call = calls[i];
      if (call === undefined) continue;
      // What the caller sees is the client span, or where there is none what the callee answered.
      const seen = call.client === noRow ? call.server : call.client;
      if (this.isCounted(seen)) continue;
      const edge = this.edge(call.group.edge);
      const clientError = ((spans.flags[seen] ?? 0) & spanFlags.error) !== 0;
      edge.calls += sign;
      if (clientError) edge.clientErrors += sign;
      if (call.server !== noRow && ((spans.flags[call.server] ?? 0) & spanFlags.error) !== 0) edge.serverErrors += sign;
      addToSketch(edge.duration, spans.durationMs[seen] ?? 0, sign);
      const gap = call.client === noRow ? NaN : (spans.gapMs[call.client] ?? NaN);
      if (!Number.isNaN(gap)) addToSketch(edge.gap, gap, sign);
      if (!anomalous) continue;
      edge.anomalousCalls += sign;
      if (clientError) edge.anomalousClientErrors += sign;
    }
    for (let i = groupOffsets[trace] ?? 0; i < (groupOffsets[trace + 1] ?? 0); i += 1) {
      const group = groups[i];
      if (group === undefined || this.isCounted(group.entry)) continue;
      const edge = this.edge(group.edge);
      edge.callers += sign;
      addToSketch(edge.fanout, group.calls, sign);
      if (anomalous) edge.anomalousCallers += sign;
    }
  }

  private addFindings({ anomalous, findings }: Judgement, sign: number): void {
    if (findings.length === 0) return;
    const suspects = new Set<number>();
    for (const finding of findings) {
      if (this.isCounted(finding.row)) continue;
      suspects.add(finding.row);
      if (finding.kind === 'self-time') this.operation(finding.row).exceeding += sign;
      if (finding.callee === undefined) continue;
      const edge = this.edgeOf(finding.row, finding.callee, finding.calleeOperation ?? '');
      if (finding.kind === 'gap') edge.gapExceeding += sign;
      else if (finding.kind !== 'new-call') edge.fanoutExceeding += sign;
    }
    if (anomalous) for (const row of suspects) this.operation(row).suspects += sign;
  }

  /** Whether a window that is closed by now has the span. */
  private isCounted(row: number): boolean {
    return ((this.batch.spans.flags[row] ?? 0) & spanFlags.counted) !== 0;
  }

  private operation(row: number): OperationStats {
    return this.operationAt(this.index.operationOf[row] ?? 0);
  }

  private operationAt(index: number): OperationStats {
    const known = this.operations[index];
    if (known !== undefined) return known;
    const name = this.index.operations[index] ?? { service: '', operation: '', kind: 0, entry: false };
    return (this.operations[index] = operationRow(this.table, name.service, name.operation, name.kind, name.entry));
  }

  private edge(index: number): EdgeStats {
    const known = this.edges[index];
    if (known !== undefined) return known;
    const name: EdgeName = this.index.edges[index] ?? { caller: '', callerOperation: '', callee: '', operation: '' };
    const row = edgeRow(this.table, name.caller, name.callerOperation, name.callee, name.operation);
    return (this.edges[index] = row);
  }

  /** By name, since a call that is missing is in no batch. */
  private edgeOf(row: number, callee: string, operation: string): EdgeStats {
    const { spans, services, operations } = this.batch;
    const entry = spans.entryRow[row] ?? row;
    return edgeRow(
      this.table,
      services[spans.service[entry] ?? 0] ?? '',
      operations[spans.operation[entry] ?? 0] ?? '',
      callee,
      operation,
    );
  }
}
