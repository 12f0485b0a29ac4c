import { edgeKey, noRow, operationKey, spanFlags, type Bundle, type TraceBatch } from '@plumbline/wire';
import type { BatchIndex } from './batch-index';
import { isWhole, TraceMeasurer, type ServiceTime } from './measure';
import { compileNormal, type Normal } from './normal';
import { compileProfile, type CompiledProfile, type EdgeProfile, type OperationProfile } from './profile';
import type { Scorer, SpanFinding, TraceScore } from './score';
import type { TraceReader } from './trace-reader';

/** The names of a batch bound to rows of the profile. */
interface Binding {
  readonly operations: readonly (OperationProfile | undefined)[];
  readonly edges: readonly (EdgeProfile | undefined)[];
  readonly edgeIndex: ReadonlyMap<EdgeProfile, number>;
}

const noFindings: readonly SpanFinding[] = [];

/**
 * Scores spans and calls against the profile of their operation and edge: self time, error, gap, and calls that are
 * missing, too many or new. What the profile knows too little of is passed over.
 */
export class ProfileScorer implements Scorer {
  readonly profile: CompiledProfile;
  readonly normal: Normal;
  private readonly alpha: number;

  constructor(bundle: Pick<Bundle, 'profile' | 'thresholds'>) {
    this.profile = compileProfile(bundle);
    this.normal = compileNormal(bundle);
    this.alpha = bundle.thresholds.alpha;
  }

  /** @param reader given what was measured of each trace; changes nothing of its score */
  score(batch: TraceBatch, index: BatchIndex, traces: readonly number[], reader?: TraceReader): TraceScore[] {
    const binding = this.bind(index);
    const measurer = new TraceMeasurer(batch, index, this.normal);
    return traces.map((trace) => {
      measurer.measure(trace);
      const excess = largestExcess(measurer, batch.services);
      const found = this.scoreTrace(batch, index, binding, trace);
      const score = excess === undefined ? found : { ...found, score: excess };
      reader?.read({ batch, index, trace, measurer, score });
      return score;
    });
  }

  private bind(index: BatchIndex): Binding {
    const edges = index.edges.map((edge) =>
      this.profile.edges.get(edgeKey(edge.caller, edge.callerOperation, edge.callee, edge.operation)),
    );
    const edgeIndex = new Map<EdgeProfile, number>();
    for (const [i, edge] of edges.entries()) if (edge !== undefined) edgeIndex.set(edge, i);
    return {
      operations: index.operations.map((name) =>
        this.profile.operations.get(operationKey(name.service, name.operation, name.kind, name.entry)),
      ),
      edges,
      edgeIndex,
    };
  }

  private scoreTrace(batch: TraceBatch, index: BatchIndex, binding: Binding, trace: number): TraceScore {
    const found = new Findings(this.alpha);
    const whole = isWhole(batch.traces.flags[trace] ?? 0);
    const end = batch.traces.spanOffsets[trace + 1] ?? 0;
    for (let row = batch.traces.spanOffsets[trace] ?? 0; row < end; row += 1) {
      const operation = binding.operations[index.operationOf[row] ?? 0];
      if (operation === undefined) continue;
      scoreSpan(found, batch, operation, row);
      if (whole && operation.regularCalls.length > 0) scoreMissingCalls(found, batch, index, binding, operation, row);
    }
    scoreGaps(found, batch, index, binding, trace);
    scoreFanout(found, index, binding, trace);
    return found.result();
  }
}

/**
 * The largest ln of what a service took over what it usually takes, own time and both ways of its calls, less the 90th
 * percentile of that where it is positive; at least 0. Found to separate slow traces better than the smallest p of many tests.
 */
function largestExcess(measurer: TraceMeasurer, services: readonly string[]): number | undefined {
  let largest: number | undefined;
  const look = (way: 'own' | 'out' | 'in', times: ReadonlyMap<number, ServiceTime>): void => {
    for (const [i, time] of times) {
      const usual = measurer.normal?.services.get(services[i] ?? '')?.[way] ?? 0;
      largest = Math.max(largest ?? 0, measurer.logRatio(time) - usual);
    }
  };
  look('own', measurer.ownTime);
  look('out', measurer.outTime);
  look('in', measurer.inTime);
  return largest;
}

/** Collects the findings of one trace. */
class Findings {
  tests = 0;
  private errors = 0;
  private list: SpanFinding[] | undefined;

  constructor(private readonly alpha: number) {}

  add(finding: SpanFinding): void {
    if (finding.kind === 'error') this.errors += 1;
    if (finding.p <= this.alpha) (this.list ??= []).push(finding);
  }

  result(): TraceScore {
    const { tests } = this;
    if (this.list === undefined) return { tests, score: 0, errorScore: 0, findings: noFindings };
    const findings = this.list.sort((a, b) => a.p - b.p || a.row - b.row);
    const errorScore = scoreOf(
      findings.find(({ kind }) => kind === 'error'),
      this.errors,
    );
    const callScore = scoreOf(
      findings.find(({ kind }) => kind !== 'error' && kind !== 'self-time' && kind !== 'gap'),
      tests,
    );
    return { tests, score: 0, errorScore: Math.max(errorScore, callScore), findings };
  }
}

/** −ln p by Bonferroni's correction. */
function scoreOf(finding: SpanFinding | undefined, tests: number): number {
  return finding === undefined ? 0 : Math.max(0, -Math.log(finding.p * tests));
}

function scoreSpan(found: Findings, { spans }: TraceBatch, operation: OperationProfile, row: number): void {
  found.tests += 1;
  const self = spans.selfMs[row] ?? 0;
  // The self time of a client span with one remote child is the gap, and counts there.
  if (self >= operation.self.quietBelow && Number.isNaN(spans.gapMs[row] ?? NaN)) {
    const { median: expected, upper } = operation.self;
    found.add({ kind: 'self-time', row, value: self, expected, upper, p: operation.self.p(self) });
  }
  if (((spans.flags[row] ?? 0) & spanFlags.origin) !== 0) {
    const { errorRate, errorP } = operation;
    found.add({ kind: 'error', row, value: 1, expected: errorRate, upper: errorRate, p: errorP });
  }
}

/** An entry span that failed makes fewer calls for that reason; the failure is the finding. */
function scoreMissingCalls(
  found: Findings,
  { spans }: TraceBatch,
  index: BatchIndex,
  { edgeIndex }: Binding,
  { regularCalls }: OperationProfile,
  row: number,
): void {
  if (((spans.flags[row] ?? 0) & spanFlags.error) !== 0) return;
  for (const edge of regularCalls) {
    found.tests += 1;
    const inBatch = edgeIndex.get(edge);
    if (inBatch !== undefined && index.group(row, inBatch) !== undefined) continue;
    found.add({
      kind: 'missing-call',
      row,
      callee: edge.callee,
      calleeOperation: edge.operation,
      value: 0,
      expected: edge.rate,
      upper: edge.rate,
      p: edge.missingP,
    });
  }
}

function scoreGaps(found: Findings, { spans }: TraceBatch, index: BatchIndex, { edges }: Binding, trace: number): void {
  for (let i = index.callOffsets[trace] ?? 0; i < (index.callOffsets[trace + 1] ?? 0); i += 1) {
    const call = index.calls[i];
    if (call === undefined || call.client === noRow) continue;
    const value = spans.gapMs[call.client] ?? NaN;
    const edge = edges[call.group.edge];
    const reference = edge?.gap;
    if (Number.isNaN(value) || edge === undefined || reference === undefined) continue;
    found.tests += 1;
    if (value < reference.quietBelow) continue;
    found.add({
      kind: 'gap',
      row: call.client,
      callee: edge.callee,
      calleeOperation: edge.operation,
      value,
      expected: reference.median,
      upper: reference.upper,
      p: reference.p(value),
    });
  }
}

function scoreFanout(found: Findings, index: BatchIndex, { operations, edges }: Binding, trace: number): void {
  for (let i = index.groupOffsets[trace] ?? 0; i < (index.groupOffsets[trace + 1] ?? 0); i += 1) {
    const group = index.groups[i];
    if (group === undefined) continue;
    const { entry: row, calls: value } = group;
    const edge = edges[group.edge];
    if (edge === undefined) {
      // A call that fails is a finding as an error; where it went to may be known only from a callee that never answered.
      const caller = operations[index.operationOf[row] ?? 0];
      const name = index.edges[group.edge];
      if (caller === undefined || name === undefined || group.failed === value) continue;
      found.tests += 1;
      const { callee, operation: calleeOperation } = name;
      found.add({ kind: 'new-call', row, callee, calleeOperation, value, expected: 0, upper: 0, p: caller.newCallP });
      continue;
    }
    if (edge.fanout === undefined) continue;
    found.tests += 1;
    if (value < edge.fanout.quietBelow) continue;
    const { callee, operation: calleeOperation } = edge;
    const { median: expected, upper } = edge.fanout;
    found.add({ kind: 'extra-calls', row, callee, calleeOperation, value, expected, upper, p: edge.fanout.p(value) });
  }
}
