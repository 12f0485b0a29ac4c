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

  /**
   * When a child runs on its parent's clock. The clocks of two machines differ, so that a callee can seem to outlast the call; the
   * caller waits for it all the same.
   */
  within(parent: TimedSpan, child: TimedSpan): { startNs: number; endNs: number } {
    if (parent.kind !== spanKinds.client || child.kind !== spanKinds.server) return child;
    const startNs = Math.min(Math.max(child.startNs, parent.startNs), parent.endNs);
    return { startNs, endNs: Math.max(startNs, Math.min(child.endNs, parent.endNs)) };
  }

  /** Time of a span in which its service waits for no call, nanoseconds; what spans of the service itself take is its own. */
  ownTimeNs(index: number): number {
    const span = this.span(index);
    const calls = this.callsBelow(index).map((call) =>
      this.within(this.spans[this.span(call).parent] ?? span, this.span(call)),
    );
    calls.sort((a, b) => a.startNs - b.startNs);
    let covered = 0;
    let through = span.startNs;
    for (const { startNs, endNs } of calls) {
      const end = Math.min(endNs, span.endNs);
      covered += Math.max(0, end - Math.max(startNs, through));
      through = Math.max(through, end);
    }
    return Math.max(0, span.endNs - span.startNs - covered);
  }

  /** Where the work of a span's service ends: calls it makes, and spans of others. */
  private callsBelow(index: number): number[] {
    const { service } = this.span(index);
    const calls: number[] = [];
    const own = [index];
    for (let at = 0; at < own.length; at += 1) {
      for (const child of this.children[own[at] ?? -1] ?? []) {
        const span = this.span(child);
        if (span.service !== service || span.kind === spanKinds.client) calls.push(child);
        else own.push(child);
      }
    }
    return calls;
  }

  private compare(a: number, b: number): number {
    const left = this.span(a);
    const right = this.span(b);
    return left.startNs - right.startNs || left.endNs - right.endNs || a - b;
  }
}
