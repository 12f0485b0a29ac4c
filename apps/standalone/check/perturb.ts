import { retime, type Changes, type Timing } from './retime';
import { spanKinds, SpanTree, type TimedSpan } from './span-tree';

/** How much slower: milliseconds more, or so many times what it took. */
export type Slowdown = { readonly addedMs: number } | { readonly times: number };

/** What is broken. */
export type Fault =
  /** A service's own work takes longer. */
  | { readonly kind: 'own-time'; readonly service: string; readonly slowdown: Slowdown }
  /** Every call to a service and from it takes longer on the way, half of it there and half of it back. */
  | { readonly kind: 'edges'; readonly service: string; readonly slowdown: Slowdown }
  /** An operation of a service fails. */
  | { readonly kind: 'errors'; readonly service: string; readonly operation: string }
  /** A service does not call another one any more. */
  | { readonly kind: 'left-out'; readonly service: string; readonly callee: string }
  /** What sends no spans of its own answers later. */
  | { readonly kind: 'peer'; readonly peer: string; readonly slowdown: Slowdown };

export type FaultKind = Fault['kind'];

/** How likely a caller fails when its callee does, 0 to 1. */
export type Propagation = (caller: TimedSpan, callee: TimedSpan) => number;

/** A trace as a fault leaves it. */
export interface PerturbedTrace {
  /** By index of the span; absent for what did not happen. */
  readonly timings: readonly (Timing | undefined)[];
  readonly failed: readonly boolean[];
}

/**
 * Does to one trace what a fault would do.
 *
 * @param random numbers from 0 to below 1, drawn only for errors: whether each caller fails too
 * @returns `undefined` when the fault does not touch this trace
 */
export function perturb(
  spans: readonly TimedSpan[],
  fault: Fault,
  random: () => number,
  propagation: Propagation = () => 1,
): PerturbedTrace | undefined {
  const tree = new SpanTree(spans);
  const failed = spans.map((span) => span.failed);
  if (fault.kind === 'errors') {
    const origins = tree.order.filter((index) => isOperation(tree, index, fault.service, fault.operation));
    if (origins.length === 0) return undefined;
    for (const origin of origins) fail(tree, origin, failed, random, propagation);
    return { timings: spans.map(({ startNs, endNs }) => ({ startNs, endNs })), failed };
  }
  const changes = changesOf(tree, fault);
  return changes === undefined ? undefined : { timings: retime(tree, changes), failed };
}

function changesOf(tree: SpanTree, fault: Exclude<Fault, { kind: 'errors' }>): Changes | undefined {
  switch (fault.kind) {
    case 'own-time': {
      const roots = tree.order.filter((index) => isEntry(tree, index, fault.service));
      return some({ own: longer(roots, fault.slowdown, (index) => tree.ownTimeNs(index)) });
    }
    case 'edges': {
      const { called, uninstrumented } = edgesOf(tree, fault.service);
      const way = longer(called, fault.slowdown, (index) => wayNs(tree, index));
      const half = new Map([...way].map(([index, ns]) => [index, ns / 2]));
      const own = longer(uninstrumented, fault.slowdown, (index) => durationNs(tree, index));
      return some({ own, arrival: half, answer: half });
    }
    case 'left-out': {
      const calls = tree.order.filter((index) => isCallTo(tree, index, fault.service, fault.callee));
      return calls.length === 0 ? undefined : { leftOut: new Set(calls) };
    }
    case 'peer': {
      const calls = tree.order.filter((index) => isUninstrumented(tree, index) && tree.span(index).peer === fault.peer);
      return some({ own: longer(calls, fault.slowdown, (index) => durationNs(tree, index)) });
    }
  }
}

function some(changes: Changes): Changes | undefined {
  return (changes.own?.size ?? 0) + (changes.arrival?.size ?? 0) > 0 ? changes : undefined;
}

function longer(spans: readonly number[], slowdown: Slowdown, nowNs: (index: number) => number): Map<number, number> {
  return new Map(
    spans.map((index) => [
      index,
      'addedMs' in slowdown ? slowdown.addedMs * 1e6 : Math.round((slowdown.times - 1) * nowNs(index)),
    ]),
  );
}

/** Whether a span is where requests come into a service. */
export function isEntry(tree: SpanTree, index: number, service: string): boolean {
  return tree.span(index).service === service && tree.isLocalRoot(index);
}

/** Whether a span is a request for an operation of a service. */
export function isOperation(tree: SpanTree, index: number, service: string, operation: string): boolean {
  return isEntry(tree, index, service) && tree.span(index).operation === operation;
}

/** Whether a span is a call whose callee sends no spans. */
export function isUninstrumented(tree: SpanTree, index: number): boolean {
  const { kind } = tree.span(index);
  return kind === spanKinds.client && (tree.children[index] ?? []).length === 0;
}

/**
 * Whether a span stands for a call from one service to another: the client span, or the callee's own where there is none. A trace that
 * begins with it would be gone as a whole, and is no such call.
 */
function isCallTo(tree: SpanTree, index: number, caller: string, callee: string): boolean {
  const span = tree.span(index);
  if (span.parent < 0) return false;
  if (span.service === callee) {
    const parent = tree.parentOf(index);
    return parent?.service === caller && parent.kind !== spanKinds.client && parent.kind !== spanKinds.producer;
  }
  if (span.service !== caller || (span.kind !== spanKinds.client && span.kind !== spanKinds.producer)) return false;
  return (tree.children[index] ?? []).some((child) => tree.span(child).service === callee);
}

/** Callees' spans over which calls come to a service or go from it, and its calls to what sends no spans. */
function edgesOf(tree: SpanTree, service: string): { called: number[]; uninstrumented: number[] } {
  const called: number[] = [];
  const uninstrumented: number[] = [];
  for (const index of tree.order) {
    const parent = tree.parentOf(index);
    const span = tree.span(index);
    if (parent !== undefined && parent.service !== span.service) {
      if (parent.service === service || span.service === service) called.push(index);
    } else if (span.service === service && isUninstrumented(tree, index)) uninstrumented.push(index);
  }
  return { called, uninstrumented };
}

/** What a call takes longer than its callee. */
function wayNs(tree: SpanTree, callee: number): number {
  const parent = tree.span(callee).parent;
  return parent < 0 ? 0 : Math.max(0, durationNs(tree, parent) - durationNs(tree, callee));
}

function durationNs(tree: SpanTree, index: number): number {
  const { startNs, endNs } = tree.span(index);
  return endNs - startNs;
}

function fail(tree: SpanTree, origin: number, failed: boolean[], random: () => number, propagation: Propagation): void {
  failed[origin] = true;
  for (let index = origin; ;) {
    const callee = tree.span(index);
    const caller = tree.parentOf(index);
    if (caller === undefined || random() >= propagation(caller, callee)) return;
    index = callee.parent;
    failed[index] = true;
  }
}
