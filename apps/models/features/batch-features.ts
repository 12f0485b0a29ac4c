import { mostLogRatio, type BatchIndex, type TraceMeasurer, type TraceScore } from '@plumbline/anomaly-detection';
import { entryKey, noRow, spanFlags, type TraceBatch } from '@plumbline/wire';
import type { BatchPaths, PathModel } from '../paths/path-model';
import { columnOf, mostSurprise, serviceFeatures, topExcesses, traceFeatures } from './columns';
import type { FeatureSchema } from './schema';

const ways = ['own', 'out', 'in'] as const;
type Way = (typeof ways)[number];

/** Computes the features of the traces of one batch; what depends on names is looked up once a batch. */
export class BatchFeatures {
  readonly width: number;
  /** Column of the first feature of each service of the batch, -1 for those without columns. */
  private readonly firstColumn: Int32Array;
  /** What each way of each service of the batch normally has, ln. */
  private readonly usual: Readonly<Record<Way, Float64Array>>;
  /** Calls that are usual in the course of an entry span, by operation of the batch; `NaN` elsewhere, and -1 before it is asked for. */
  private readonly usualCalls: Float64Array;
  private readonly paths: BatchPaths | undefined;
  private readonly depths: Uint16Array;
  /** Calls of the trace by service of the batch. */
  private readonly madeCalls: Float64Array;
  private readonly expectedCalls: Float64Array;
  private readonly greatest: Readonly<Record<Way, Float64Array>> = {
    own: new Float64Array(topExcesses.own),
    out: new Float64Array(topExcesses.out),
    in: new Float64Array(topExcesses.in),
  };

  constructor(
    private readonly batch: TraceBatch,
    private readonly index: BatchIndex,
    readonly measurer: TraceMeasurer,
    private readonly schema: FeatureSchema,
    paths: PathModel | undefined,
  ) {
    const { services, spans } = batch;
    const { normal } = measurer;
    this.width = schema.names.length;
    const slots = new Map(schema.services.map((service, i) => [service, i]));
    this.firstColumn = Int32Array.from(services, (service) => {
      const slot = slots.get(service);
      return slot === undefined ? -1 : traceFeatures.length + slot * serviceFeatures.length;
    });
    const usual = (way: Way) => Float64Array.from(services, (service) => normal?.services.get(service)?.[way] ?? 0);
    this.usual = { own: usual('own'), out: usual('out'), in: usual('in') };
    this.usualCalls = new Float64Array(index.operations.length).fill(-1);
    this.paths = paths?.ofBatch(index);
    this.depths = new Uint16Array(spans.count);
    this.madeCalls = new Float64Array(services.length);
    this.expectedCalls = new Float64Array(services.length);
  }

  /** Overwrites a row with the features of the trace that was measured last. */
  fill(row: Float32Array, trace: number, entry: string, whole: boolean, score: TraceScore): void {
    row.fill(NaN);
    const first = this.batch.traces.spanOffsets[trace] ?? 0;
    const end = this.batch.traces.spanOffsets[trace + 1] ?? first;
    this.fillFailures(row);
    for (const way of ways) this.fillTimes(row, way);
    let failures = 0;
    for (let i = first; i < end; i += 1) {
      if (((this.batch.spans.flags[i] ?? 0) & spanFlags.origin) !== 0) failures += 1;
    }
    row[columnOf.failures] = Math.log1p(failures);
    this.fillFindings(row, score);
    // Of a trace that is not whole it is unknown what did not come.
    if (!whole) return;
    const usualSpans = this.schema.usualSpans.get(entry);
    if (usualSpans !== undefined) row[columnOf.spans] = bounded(Math.log((end - first) / usualSpans));
    row[columnOf.depth] = Math.log(this.depthOf(first, end));
    this.fillCalls(row, trace, first, end);
    this.fillPath(row);
  }

  private fillFailures(row: Float32Array): void {
    const { services, failingServices, ownTime } = this.measurer;
    let unknown = 0;
    for (const service of services) {
      if (!ownTime.has(service)) unknown += 1;
      const column = this.firstColumn[service] ?? -1;
      if (column >= 0) row[column + serviceFeatures.indexOf('failing')] = failingServices.has(service) ? 1 : 0;
    }
    row[columnOf.unknown] = services.length === 0 ? 0 : unknown / services.length;
  }

  /**
   * A service's own columns have the plain ratio: that it is quicker than usual says something too, and what is usual of one
   * column is learnt by whoever reads it. Excesses are less what is usual, else services could not be compared.
   */
  private fillTimes(row: Float32Array, way: Way): void {
    const { measurer, firstColumn } = this;
    const times = way === 'own' ? measurer.ownTime : way === 'out' ? measurer.outTime : measurer.inTime;
    if (times.size === 0) return;
    const greatest = this.greatest[way];
    greatest.fill(-Infinity);
    let least = Infinity;
    for (const [service, time] of times) {
      const ratio = measurer.logRatio(time);
      const column = firstColumn[service] ?? -1;
      if (column >= 0) row[column + ways.indexOf(way)] = ratio;
      if (ratio < least) least = ratio;
      insert(greatest, ratio - (this.usual[way][service] ?? 0));
    }
    const from = columnOf[`${way}-excess-1`];
    for (let i = 0; i < greatest.length && i < times.size; i += 1) row[from + i] = bounded(greatest[i] ?? 0);
    if (way === 'own') row[columnOf['least-own']] = least;
  }

  private fillFindings(row: Float32Array, { findings }: TraceScore): void {
    let missing = 0;
    let extra = 0;
    let fresh = 0;
    for (const { kind } of findings) {
      if (kind === 'missing-call') missing += 1;
      else if (kind === 'extra-calls') extra += 1;
      else if (kind === 'new-call') fresh += 1;
    }
    row[columnOf['missing-calls']] = Math.log1p(missing);
    row[columnOf['extra-calls']] = Math.log1p(extra);
    row[columnOf['new-calls']] = Math.log1p(fresh);
  }

  /** Calls that services made over those that their entry spans usually make, one added to both. */
  private fillCalls(row: Float32Array, trace: number, first: number, end: number): void {
    const { spans } = this.batch;
    const { operationOf, groups, groupOffsets } = this.index;
    const { madeCalls, expectedCalls, measurer } = this;
    for (const service of measurer.services) {
      madeCalls[service] = 0;
      expectedCalls[service] = NaN;
    }
    for (let i = first; i < end; i += 1) {
      const usual = this.usualCallsOf(operationOf[i] ?? 0);
      if (Number.isNaN(usual)) continue;
      const service = spans.service[i] ?? 0;
      const known = expectedCalls[service] ?? NaN;
      expectedCalls[service] = Number.isNaN(known) ? usual : known + usual;
    }
    for (let i = groupOffsets[trace] ?? 0; i < (groupOffsets[trace + 1] ?? 0); i += 1) {
      const group = groups[i];
      if (group === undefined || Number.isNaN(this.usualCallsOf(operationOf[group.entry] ?? 0))) continue;
      const service = spans.service[group.entry] ?? 0;
      madeCalls[service] = (madeCalls[service] ?? 0) + group.calls;
    }
    let most = -Infinity;
    let least = Infinity;
    for (const service of measurer.services) {
      const expected = expectedCalls[service] ?? NaN;
      if (Number.isNaN(expected)) continue;
      const ratio = bounded(Math.log((1 + (madeCalls[service] ?? 0)) / (1 + expected)));
      most = Math.max(most, ratio);
      least = Math.min(least, ratio);
      const column = this.firstColumn[service] ?? -1;
      if (column >= 0) row[column + serviceFeatures.indexOf('calls')] = ratio;
    }
    if (most < least) return;
    row[columnOf['most-calls']] = most;
    row[columnOf['least-calls']] = least;
  }

  private usualCallsOf(operation: number): number {
    const known = this.usualCalls[operation] ?? NaN;
    if (known !== -1) return known;
    const name = this.index.operations[operation];
    const key = name?.entry === true ? entryKey(name.service, name.operation) : undefined;
    const usual = key === undefined ? undefined : this.measurer.normal?.callsPerEntry.get(key);
    return (this.usualCalls[operation] = usual ?? NaN);
  }

  private fillPath(row: Float32Array): void {
    if (this.paths === undefined) return;
    let most = 0;
    for (const { operation, key } of this.measurer.shapes) {
      most = Math.max(most, this.paths.surprise(operation, key) ?? 0);
    }
    row[columnOf.path] = Math.min(most, mostSurprise);
  }

  private depthOf(first: number, end: number): number {
    const { parentRow } = this.batch.spans;
    let deepest = 1;
    for (let i = first; i < end; i += 1) {
      const parent = parentRow[i] ?? noRow;
      const depth = Math.min(parent === noRow ? 1 : (this.depths[parent] ?? 0) + 1, 65_535);
      this.depths[i] = depth;
      if (depth > deepest) deepest = depth;
    }
    return deepest;
  }
}

function bounded(value: number): number {
  return Number.isFinite(value) ? Math.min(Math.max(value, -mostLogRatio), mostLogRatio) : 0;
}

/** Keeps the greatest values, greatest first. */
function insert(greatest: Float64Array, value: number): void {
  let i = greatest.length - 1;
  if (!(value > (greatest[i] ?? Infinity))) return;
  for (; i > 0 && value > (greatest[i - 1] ?? Infinity); i -= 1) greatest[i] = greatest[i - 1] ?? 0;
  greatest[i] = value;
}
