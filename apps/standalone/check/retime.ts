import type { SpanTree } from './span-tree';

/** When a span runs, in the time of its {@link TimedSpan}. */
export interface Timing {
  readonly startNs: number;
  readonly endNs: number;
}

/** Time put into a trace, or taken out of it, by index of the span; nanoseconds. */
export interface Changes {
  /** Work that a span does longer, after all that it waited for. */
  readonly own?: ReadonlyMap<number, number>;
  /** How much later a call arrives at its callee. */
  readonly arrival?: ReadonlyMap<number, number>;
  /** How much later its answer is back at the caller. */
  readonly answer?: ReadonlyMap<number, number>;
  /** Spans that do not happen, with all below them. */
  readonly leftOut?: ReadonlySet<number>;
}

/**
 * Times of a trace's spans after changes, `undefined` for what does not happen. What started after something had ended is taken
 * to have waited for it: it moves by as much as the latest of what had ended by then ends later, or earlier, than before. So a branch that
 * ran in parallel moves what follows only by the part that outlasts the others, and a parent ends later by what its last child does.
 */
export function retime(tree: SpanTree, changes: Changes): (Timing | undefined)[] {
  const count = tree.spans.length;
  /** By how much a span lengthens. */
  const growth = new Float64Array(count);
  /** By how much a span starts later than its parent's shift alone would have it. */
  const offset = new Float64Array(count);
  for (const index of [...tree.order].reverse()) growth[index] = grow(tree, index, changes, growth, offset);

  const shift = new Float64Array(count);
  const timings: (Timing | undefined)[] = tree.spans.map(({ startNs, endNs }) => ({ startNs, endNs }));
  for (const index of tree.order) {
    const { parent, startNs, endNs } = tree.span(index);
    if (changes.leftOut?.has(index) === true || (parent >= 0 && timings[parent] === undefined)) {
      timings[index] = undefined;
      continue;
    }
    const moved = (shift[parent] ?? 0) + at(offset, index);
    shift[index] = moved;
    timings[index] = { startNs: startNs + moved, endNs: endNs + moved + at(growth, index) };
  }
  return timings;
}

function grow(tree: SpanTree, index: number, changes: Changes, growth: Float64Array, offset: Float64Array): number {
  const parent = tree.span(index);
  const own = changes.own?.get(index) ?? 0;
  const ended: Ended[] = [];
  for (const child of tree.children[index] ?? []) {
    const { startNs, endNs } = tree.within(parent, tree.span(child));
    const afterEnd = startNs > parent.endNs;
    const delay = delayAt(ended, startNs) + (afterEnd ? own : 0);
    offset[child] = delay + (changes.arrival?.get(child) ?? 0);
    const backNs =
      changes.leftOut?.has(child) === true
        ? startNs + delay
        : endNs + at(offset, child) + at(growth, child) + (changes.answer?.get(child) ?? 0);
    ended.push({ endNs, backNs });
  }
  return delayAt(ended, parent.endNs) + own;
}

/** A child's end before and after. */
interface Ended {
  readonly endNs: number;
  readonly backNs: number;
}

/** How much later the latest of what had ended by a time ends now. */
function delayAt(children: readonly Ended[], timeNs: number): number {
  let before = -Infinity;
  let after = -Infinity;
  for (const { endNs, backNs } of children) {
    if (endNs > timeNs) continue;
    before = Math.max(before, endNs);
    after = Math.max(after, backNs);
  }
  return before === -Infinity ? 0 : after - before;
}

function at(values: Float64Array, index: number): number {
  return values[index] ?? 0;
}
