import { groupBy } from '../groups';
import type { Span, ToldWindows, Trace } from '../spans';

/** A span with what the simple rules look at. Shares no code with the pipeline, so that neither can flatter the other. */
export interface AnnotatedSpan extends Span {
  /** Edges from the root. */
  readonly depth: number;
  /** Duration less the union of its children clipped to it, microseconds. For a call to another service: the gap. */
  readonly selfUs: number;
  /** Service that this span calls, if it is the near side of a remote call. */
  readonly callee: string | undefined;
  readonly parent: AnnotatedSpan | undefined;
  /** Operation, and for a call also what it calls. */
  readonly key: string;
}

export interface AnnotatedWindows {
  readonly reference: readonly (readonly AnnotatedSpan[])[];
  readonly abnormal: readonly (readonly AnnotatedSpan[])[];
  /** Normal of each key. */
  readonly normal: ReadonlyMap<string, Normal>;
  readonly services: readonly string[];
}

/** What a key does in the reference, microseconds. */
export interface Normal {
  readonly count: number;
  readonly meanSelf: number;
  readonly meanDuration: number;
  readonly deviation: number;
  /** 99th percentile of durations. */
  readonly highDuration: number;
}

export function annotate({ reference, abnormal }: ToldWindows): AnnotatedWindows {
  const before = reference.map(annotateTrace);
  const after = abnormal.map(annotateTrace);
  const normal = new Map<string, Normal>();
  for (const [key, spans] of groupBy(before.flat(), (span) => span.key)) normal.set(key, normalOf(spans));
  const services = new Set([...before, ...after].flatMap((trace) => trace.map(({ service }) => service)));
  return { reference: before, abnormal: after, normal, services: [...services].sort() };
}

function normalOf(spans: readonly AnnotatedSpan[]): Normal {
  const durations = spans.map(({ durationUs }) => durationUs).sort((a, b) => a - b);
  const count = spans.length;
  const meanDuration = durations.reduce((sum, value) => sum + value, 0) / count;
  const variance = durations.reduce((sum, value) => sum + (value - meanDuration) ** 2, 0) / count;
  return {
    count,
    meanSelf: spans.reduce((sum, { selfUs }) => sum + selfUs, 0) / count,
    meanDuration,
    deviation: Math.sqrt(variance),
    highDuration: durations[Math.min(count - 1, Math.floor(0.99 * count))] ?? 0,
  };
}

function annotateTrace(trace: Trace): readonly AnnotatedSpan[] {
  const byId = new Map(trace.map((span) => [span.spanId, span]));
  const children = groupBy(
    trace.filter(({ parentId, spanId }) => parentId !== spanId && byId.has(parentId)),
    ({ parentId }) => parentId,
  );
  const annotated: AnnotatedSpan[] = [];
  const roots = trace.filter(({ parentId, spanId }) => parentId === spanId || !byId.has(parentId));
  const pending = roots.map((span) => ({ span, depth: 0, parent: undefined as AnnotatedSpan | undefined }));
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { span, depth, parent } = next;
    const below = children.get(span.spanId) ?? [];
    const callee = below.find(({ service }) => service !== span.service);
    const each: AnnotatedSpan = {
      ...span,
      depth,
      selfUs: span.durationUs - covered(span, below),
      callee: callee?.service,
      parent,
      key: `${span.service}|${span.operation}${callee === undefined ? '' : `>${callee.service}|${callee.operation}`}`,
    };
    annotated.push(each);
    for (const child of below) pending.push({ span: child, depth: depth + 1, parent: each });
  }
  return annotated;
}

/** Length of the union of the children within the span, microseconds. */
function covered({ startUs, durationUs }: Span, children: readonly Span[]): number {
  const endUs = startUs + durationUs;
  let reached = startUs;
  let total = 0;
  for (const child of [...children].sort((a, b) => a.startUs - b.startUs)) {
    const end = Math.min(endUs, child.startUs + child.durationUs);
    total += Math.max(0, end - Math.max(reached, child.startUs));
    reached = Math.max(reached, end);
  }
  return total;
}
