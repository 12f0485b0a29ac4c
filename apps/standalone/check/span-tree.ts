/** Kinds of spans, as OTLP numbers them. */
export const spanKinds = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;

/** What a perturbation needs to know of a span. */
export interface TimedSpan {
  /** Index of the parent in its trace, −1 where there is none in it. */
  readonly parent: number;
  readonly service: string;
  readonly operation: string;
  /** As OTLP numbers it. */
  readonly kind: number;
  /** What a client span called, where it says so. */
  readonly peer?: string;
  /** Nanoseconds since a time that is the same for the whole trace. */
  readonly startNs: number;
  readonly endNs: number;
  readonly failed: boolean;
}

/** A trace as trees of spans. Spans that are in a ring of parents belong to none. */
export class SpanTree {
  readonly children: readonly (readonly number[])[];
  /** Parents before their children. */
  readonly order: readonly number[];

  constructor(readonly spans: readonly TimedSpan[]) {
    const children: number[][] = spans.map(() => []);
    const order: number[] = [];
    spans.forEach(({ parent }, index) => {
      if (parent < 0) order.push(index);
      else children[parent]?.push(index);
    });
    for (const list of children) list.sort((a, b) => this.compare(a, b));
    for (let at = 0; at < order.length; at += 1) order.push(...(children[order[at] ?? -1] ?? []));
    this.children = children;
    this.order = order;
  }

  span(index: number): TimedSpan {
    const span = this.spans[index];
    if (span === undefined) throw new RangeError(`no span ${index} in a trace of ${this.spans.length}`);
    return span;
  }

  parentOf(index: number): TimedSpan | undefined {
    return this.spans[this.span(index).parent];
  }

  /** Whether a span is where a trace comes into its service. */
  isLocalRoot(index: number): boolean {
    return this.parentOf(index)?.service !== this.span(index).service;
  }

  /** The span and all below it. */
  subtree(index: number): number[] {
    const found = [index];
    for (let at = 0; at < found.length; at += 1) found.push(...(this.children[found[at] ?? -1] ?? []));
    return found;
  }

  /**
   * When a child runs on its parent's clock. The clocks of two machines differ, so that a callee can seem to outlast the call; the
   * caller waits for it all the same.
   */
  within(parent: TimedSpan, child: TimedSpan): { startNs: number; endNs: number } {
    if (parent.kind !== spanKinds.client || child.kind !== spanKinds.server) return child;
    const startNs = Math.min(Math.max(child.startNs, parent.startNs), parent.endNs);
    return { startNs, endNs: Math.max(startNs, Math.min(child.endNs, parent.endNs)) };
  }

  /** Time of a span in which none of its children runs, nanoseconds. */
  ownTimeNs(index: number): number {
    const span = this.span(index);
    let covered = 0;
    let through = span.startNs;
    for (const child of this.children[index] ?? []) {
      const { startNs, endNs } = this.within(span, this.span(child));
      const end = Math.min(endNs, span.endNs);
      covered += Math.max(0, end - Math.max(startNs, through));
      through = Math.max(through, end);
    }
    return Math.max(0, span.endNs - span.startNs - covered);
  }

  private compare(a: number, b: number): number {
    const left = this.span(a);
    const right = this.span(b);
    return left.startNs - right.startNs || left.endNs - right.endNs || a - b;
  }
}
