import { topics } from '@plumbline/contracts';
import {
  encodeVerdict,
  encodeWindowStats,
  headers,
  hex,
  noRow,
  schemas,
  spanFlags,
  type Finding,
  type Source,
  type TraceBatch,
  type Verdict,
  type WindowStats,
} from '@plumbline/wire';
import type { OutgoingRecord } from '@plumbline/worker';
import type { Judgement } from './judge';
import type { SpanFinding } from './score';
import { spanCount } from './store';

/** Most services that a verdict lists. */
const maxServices = 1024;

/** A judged trace in full: names for rows, with the numbers to compute it again. */
export function verdict(
  batch: TraceBatch,
  judgement: Judgement,
  about: {
    readonly tenant: string;
    readonly source: Source;
    readonly maxFindings: number;
    readonly object: { readonly bucket: string; readonly key: string } | undefined;
  },
): Verdict {
  const { traces, spans, services, operations } = batch;
  const { trace } = judgement;
  const first = traces.spanOffsets[trace] ?? 0;
  const end = traces.spanOffsets[trace + 1] ?? first;
  return {
    schema: 1,
    tenant: about.tenant,
    source: about.source,
    traceId: hex(traces.traceId, trace * 16, 16),
    revision: traces.revision[trace] ?? 1,
    eventTimeMs: traces.eventTimeMs[trace] ?? 0,
    entryService: services[traces.entryService[trace] ?? 0] ?? '',
    entryOperation: operations[traces.entryOperation[trace] ?? 0] ?? '',
    durationMs: traceDurationMs(batch, first, end),
    spanCount: spanCount(batch, trace),
    failed: ((spans.flags[first] ?? 0) & spanFlags.error) !== 0,
    score: judgement.score,
    threshold: judgement.threshold,
    bundle: judgement.activation?.bundle.version ?? '',
    ...(about.object === undefined ? {} : { object: about.object }),
    ...(judgement.anomalous ? {} : { withdrawn: true }),
    services: servicesOf(batch, first, end),
    findings: judgement.findings.slice(0, about.maxFindings).map((finding) => writeOut(batch, finding)),
    ...(judgement.learned === undefined || !judgement.anomalous
      ? {}
      : { learned: { ...judgement.learned.put(), decided: judgement.byModels === true } }),
  };
}

/** @param timestampMs record time of the source record */
export function verdictRecord(message: Verdict, timestampMs: number): OutgoingRecord {
  return {
    topic: topics.anomalies.name,
    key: message.tenant,
    value: encodeVerdict(message),
    headers: { [headers.schema]: schemas.verdict },
    timestampMs,
  };
}

/** @param timestampMs record time of the source record */
export function windowStatsRecord(message: WindowStats, timestampMs: number): OutgoingRecord {
  return {
    topic: topics.windowStats.name,
    key: message.tenant,
    value: encodeWindowStats(message),
    headers: { [headers.schema]: schemas.windowStats },
    timestampMs,
  };
}

function writeOut({ spans, services, operations }: TraceBatch, finding: SpanFinding): Finding {
  // A call belongs to the operation that the request entered the caller by, as in the statistics of edges.
  const { callee, calleeOperation } = finding;
  const entry = spans.entryRow[finding.row] ?? noRow;
  const named = callee === undefined || entry === noRow ? finding.row : entry;
  return {
    kind: finding.kind,
    service: services[spans.service[named] ?? 0] ?? '',
    operation: operations[spans.operation[named] ?? 0] ?? '',
    spanId: hex(spans.spanId, finding.row * 8, 8),
    ...(callee === undefined ? {} : { callee }),
    ...(calleeOperation === undefined ? {} : { calleeOperation }),
    value: finding.value,
    expected: finding.expected,
    upper: finding.upper,
    p: finding.p,
  };
}

function servicesOf({ spans, services }: TraceBatch, first: number, end: number): string[] {
  const present = new Set<string>();
  for (let row = first; row < end && present.size < maxServices; row += 1) {
    present.add(services[spans.service[row] ?? 0] ?? '');
  }
  return [...present];
}

function traceDurationMs({ spans }: TraceBatch, first: number, end: number): number {
  let start = spans.startUnixNano[first] ?? 0n;
  let last = start;
  for (let row = first; row < end; row += 1) {
    const from = spans.startUnixNano[row] ?? 0n;
    const to = from + (spans.durationNano[row] ?? 0n);
    if (from < start) start = from;
    if (to > last) last = to;
  }
  return Math.max(0, Number(last - start) / 1e6);
}
