import { isEntry, isUninstrumented, type Fault, type FaultKind, type Slowdown } from './perturb';
import type { RecordedTrace } from './recorded-traces';
import { SpanTree } from './span-tree';

/** A fault that is tried at several sizes. */
export interface Target {
  readonly kind: FaultKind;
  /** The service that an incident should name first; of a peer the services that call it. */
  readonly culprits: readonly string[];
  /** Operation, callee or peer, where the fault is of one. */
  readonly of?: string;
  /** What a slowdown adds to, median, milliseconds. */
  readonly normalMs?: number;
  /** Share of the traces that it can touch. */
  readonly traces: number;
}

/** How large a fault is: a slowdown in every trace that it touches, or the share of them in which something goes wrong. */
export type Size = Slowdown | { readonly share: number };

/** Share of traces below which what a service does is too rare to be tried. */
const rareShare = 0.001;

/** What can be broken in the traffic of a recording: every service in every way that its traces know. */
export function targetsOf(traces: readonly RecordedTrace[]): Target[] {
  const seen = new Map<string, Seen>();
  for (const { spans } of traces) {
    const here = new Set<string>();
    const tree = new SpanTree(spans);
    for (const index of tree.order) look(tree, index, seen, here);
  }
  const least = Math.max(1, traces.length * rareShare);
  const found: Target[] = [];
  for (const { kind, service, of, traces: count, ms } of seen.values()) {
    if (count < least) continue;
    const target = {
      kind,
      culprits: [...service].sort(),
      traces: count / traces.length,
      ...(of === undefined ? {} : { of }),
      ...(ms.length === 0 ? {} : { normalMs: median(ms) }),
    };
    // Of errors and calls left out, the commonest of a service.
    const rival = found.findIndex((other) => isRival(other, target));
    if (rival < 0) found.push(target);
    else if ((found[rival]?.traces ?? 0) < target.traces) found[rival] = target;
  }
  return found.sort(
    (a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || ((a.culprits[0] ?? '') < (b.culprits[0] ?? '') ? -1 : 1),
  );
}

const order: readonly FaultKind[] = ['own-time', 'edges', 'errors', 'left-out', 'peer'];

interface Seen {
  readonly kind: FaultKind;
  readonly service: Set<string>;
  readonly of: string | undefined;
  traces: number;
  readonly ms: number[];
}

/** Values that a median is taken of. */
const maxValues = 2000;

function look(tree: SpanTree, index: number, seen: Map<string, Seen>, here: Set<string>): void {
  const span = tree.span(index);
  const note = (kind: FaultKind, service: string, of?: string, ns?: number) => {
    const key = kind === 'peer' ? `peer\0${of ?? ''}` : `${kind}\0${service}\0${of ?? ''}`;
    let entry = seen.get(key);
    if (entry === undefined) seen.set(key, (entry = { kind, service: new Set(), of, traces: 0, ms: [] }));
    entry.service.add(service);
    if (ns !== undefined && entry.ms.length < maxValues) entry.ms.push(ns / 1e6);
    if (!here.has(key)) entry.traces += 1;
    here.add(key);
  };
  const parent = tree.parentOf(index);
  if (isEntry(tree, index, span.service)) {
    note('own-time', span.service, undefined, tree.ownTimeNs(index));
    note('errors', span.service, span.operation);
    if (parent !== undefined) {
      const wayNs = Math.max(0, parent.endNs - parent.startNs - (span.endNs - span.startNs));
      note('edges', span.service, undefined, wayNs);
      // What leaves nothing of the trace is no call left out.
      if (parent.parent >= 0) note('left-out', parent.service, span.service);
    }
  }
  if (isUninstrumented(tree, index) && span.peer !== undefined) {
    note('peer', span.service, span.peer, span.endNs - span.startNs);
  }
}

function isRival(a: Target, b: Target): boolean {
  return a.kind === b.kind && (a.kind === 'errors' || a.kind === 'left-out') && a.culprits[0] === b.culprits[0];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** A target broken at a size. */
export function faultOf({ kind, culprits, of = '' }: Target, size: Size): Fault {
  const service = culprits[0] ?? '';
  if (kind === 'errors') return { kind, service, operation: of };
  if (kind === 'left-out') return { kind, service, callee: of };
  const slowdown = 'share' in size ? { addedMs: 0 } : size;
  return kind === 'peer' ? { kind, peer: of, slowdown } : { kind, service, slowdown };
}

/** Whether the sizes of a kind are shares of the traces. */
export function isOfShares(kind: FaultKind): boolean {
  return kind === 'errors' || kind === 'left-out';
}

/** Whether a service, or a peer as an incident words it, is what a target would have named. */
export function isCulprit(named: string, { kind, culprits, of }: Target): boolean {
  return culprits.includes(named) || (kind === 'peer' && named.endsWith(`peer:${of ?? ''}`));
}
