import { Random, seedOf } from './random';
import { spanKinds, SystemError } from './system';
import type { Trace, TraceSpan } from './traces';

/**
 * A trace in which a service worked longer: at one of its SERVER spans (the first of the operation, if one is named), before its
 * first call. All that has to wait for it is later or longer, and what ran at the same time is not: a sibling that takes longer
 * still hides the delay from the caller.
 *
 * @throws {SystemError} when the service has no such span in the trace
 */
export function delayed(trace: Trace, service: string, ms: number, operation?: string): Trace {
  const struck = trace.spans.find(
    (span) =>
      span.service === service &&
      span.kind === spanKinds.server &&
      (operation === undefined || span.name === operation),
  );
  if (struck === undefined)
    throw new SystemError(`trace ${trace.traceId} has no SERVER span of ${service} ${operation ?? ''}`);
  const tree = new Tree(trace);
  const us = Math.round(ms * 1000);
  for (const child of tree.children(struck)) tree.move(child, us);
  tree.lengthen(struck, us);
  return { traceId: trace.traceId, spans: tree.spans };
}

interface Times {
  startUs: number;
  endUs: number;
}

class Tree {
  private readonly byId = new Map<string, TraceSpan>();
  private readonly byParent = new Map<string, TraceSpan[]>();
  private readonly times = new Map<string, Times>();

  constructor(private readonly trace: Trace) {
    for (const span of trace.spans) {
      this.byId.set(span.spanId, span);
      this.times.set(span.spanId, { startUs: span.startUs, endUs: span.endUs });
      if (span.parentSpanId !== undefined) {
        this.byParent.set(span.parentSpanId, [...(this.byParent.get(span.parentSpanId) ?? []), span]);
      }
    }
  }

  get spans(): TraceSpan[] {
    return this.trace.spans
      .map((span) => ({ ...span, ...this.times.get(span.spanId) }))
      .sort((a, b) => a.startUs - b.startUs);
  }

  children({ spanId }: TraceSpan): readonly TraceSpan[] {
    return this.byParent.get(spanId) ?? [];
  }

  /** A span and all below it happen later. */
  move(span: TraceSpan, byUs: number): void {
    const times = this.times.get(span.spanId);
    if (times === undefined) return;
    times.startUs += byUs;
    times.endUs += byUs;
    for (const child of this.children(span)) this.move(child, byUs);
  }

  /** A span ends later, and what waited for its end with it. */
  lengthen(span: TraceSpan, byUs: number): void {
    const times = this.times.get(span.spanId);
    if (times !== undefined) times.endUs += byUs;
    const parent = this.byId.get(span.parentSpanId ?? '');
    if (parent === undefined) return;
    // The caller had given up before.
    if (span.kind === spanKinds.server && parent.endUs - parent.startUs < span.endUs - span.startUs) return;
    const siblings = this.children(parent).filter((each) => each !== span);
    const together = this.group(span, siblings);
    for (const each of together) {
      // A further attempt of the same call.
      if (each.startUs >= span.endUs && isSameCall(each, span)) this.move(each, byUs);
    }
    const joinUs = Math.max(span.endUs, ...together.map(({ endUs }) => endUs));
    const moved = [span, ...together].map(({ spanId }) => this.times.get(spanId)?.endUs ?? 0);
    const laterUs = Math.max(...moved) - joinUs;
    if (laterUs <= 0) return;
    for (const each of siblings) {
      if (!together.includes(each) && each.startUs >= joinUs) this.move(each, laterUs);
    }
    this.lengthen(parent, laterUs);
  }

  /** Siblings that overlap with a span, or with one that does. */
  private group(span: TraceSpan, siblings: readonly TraceSpan[]): TraceSpan[] {
    const group: TraceSpan[] = [];
    let fromUs = span.startUs;
    let toUs = span.endUs;
    for (let found = true; found;) {
      const next = siblings.find((each) => !group.includes(each) && each.startUs < toUs && each.endUs > fromUs);
      found = next !== undefined;
      if (next === undefined) break;
      group.push(next);
      fromUs = Math.min(fromUs, next.startUs);
      toUs = Math.max(toUs, next.endUs);
    }
    return group;
  }
}

function isSameCall(a: TraceSpan, b: TraceSpan): boolean {
  return a.name === b.name && a.attributes['url.full'] === b.attributes['url.full'];
}

/** Milliseconds that a service itself spends in its SERVER span: all but what its CLIENT spans within cover. */
export function ownMs(trace: Trace, server: TraceSpan): number {
  const byParent = new Map<string, TraceSpan[]>();
  for (const span of trace.spans) {
    if (span.parentSpanId !== undefined)
      byParent.set(span.parentSpanId, [...(byParent.get(span.parentSpanId) ?? []), span]);
  }
  const clients: TraceSpan[] = [];
  const collect = ({ spanId }: TraceSpan): void => {
    for (const child of byParent.get(spanId) ?? []) {
      if (child.kind === spanKinds.client) clients.push(child);
      else if (child.kind === spanKinds.internal) collect(child);
    }
  };
  collect(server);
  let coveredUs = 0;
  let untilUs = server.startUs;
  for (const { startUs, endUs } of clients.sort((a, b) => a.startUs - b.startUs)) {
    const end = Math.min(endUs, server.endUs);
    coveredUs += Math.max(0, end - Math.max(startUs, untilUs));
    untilUs = Math.max(untilUs, end);
  }
  return (server.endUs - server.startUs - coveredUs) / 1000;
}

export interface SlowTrace {
  readonly normal: readonly Trace[];
  readonly abnormal: Trace;
  readonly service: string;
  readonly operation: string;
  readonly delayMs: number;
}

/**
 * One of the traces, delayed at one of its services by `times` the robust standard deviation (IQR/1.349) of that operation's own
 * time, and the others. Services are equally likely among those of the trace seen at least 20 times in that operation.
 *
 * @throws {SystemError} when no operation was seen so often
 */
export function slowTrace(traces: readonly Trace[], seed: number, times = 5): SlowTrace {
  const own = new Map<string, number[]>();
  for (const trace of traces) {
    for (const span of trace.spans) {
      if (span.kind !== spanKinds.server) continue;
      const times = own.get(keyOf(span));
      if (times === undefined) own.set(keyOf(span), [ownMs(trace, span)]);
      else times.push(ownMs(trace, span));
    }
  }
  const random = new Random(seedOf('slow trace', seed));
  const usable = ({ spans }: Trace) =>
    spans.filter((span) => span.kind === spanKinds.server && (own.get(keyOf(span))?.length ?? 0) >= 20);
  const candidates = traces.filter((trace) => usable(trace).length > 0);
  if (candidates.length === 0)
    throw new SystemError(`none of ${traces.length} traces has an operation that was seen 20 times`);
  const chosen = random.pick(candidates);
  const service = random.pick([...new Set(usable(chosen).map((span) => span.service))]);
  const span = random.pick(usable(chosen).filter((each) => each.service === service));
  const delayMs = times * spread(own.get(keyOf(span)) ?? []);
  return {
    normal: traces.filter((trace) => trace !== chosen),
    abnormal: delayed(chosen, service, delayMs, span.name),
    service,
    operation: span.name,
    delayMs,
  };
}

function keyOf({ service, name }: TraceSpan): string {
  return JSON.stringify([service, name]);
}

/** IQR/1.349: the standard deviation, where the middle is normal. */
function spread(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return (at(0.75) - at(0.25)) / 1.349;
}
