import { setTimeout as sleep } from 'node:timers/promises';
import type { OtlpSender } from './sender';
import type { LoadTrace, Traffic } from './traffic';

/** Requests on their way at once; beyond it nothing is made, so that whoever is slow sets the pace. */
export const maxRequests = 16;
/** Traces of one request, as a batch processor of an SDK sends about 512 spans. */
const tracesPerRequest = 60;
const tickMs = 50;

/** What was sent so far. */
export interface Counts {
  sentSpans: number;
  acceptedSpans: number;
  refusedSpans: number;
  acceptedTraces: number;
  retries: number;
}

export interface GeneratorOptions {
  readonly spansPerSecond: number;
  readonly signal: AbortSignal;
  /** Told of each trace that was taken, in order. */
  readonly onTaken: (trace: LoadTrace, ordinal: number) => void;
}

/** Sends traces at a steady rate. What could not be sent in time, because answers were late, is not made up for. */
export class LoadGenerator {
  readonly counts: Counts = { sentSpans: 0, acceptedSpans: 0, refusedSpans: 0, acceptedTraces: 0, retries: 0 };
  /** Why spans were refused, as it was said first. */
  reason: string | undefined;
  isFaulty = false;
  private readonly pending = new Set<Promise<void>>();
  private failure: Error | undefined;

  constructor(
    private readonly traffic: Traffic,
    private readonly sender: OtlpSender,
    private readonly options: GeneratorOptions,
  ) {}

  /**
   * Sends until time is up or `until` says so, and waits for the last answers.
   *
   * @throws the reason of the signal, when that is aborted
   */
  async run(durationMs: number, until: () => boolean = () => false): Promise<void> {
    const { spansPerSecond, signal } = this.options;
    const spansPerMs = spansPerSecond / 1000;
    const endsAt = performance.now() + durationMs;
    let due = 0;
    let last = performance.now();
    while (performance.now() < endsAt && !until()) {
      await sleep(tickMs, undefined, { signal });
      const now = performance.now();
      due = Math.min(due + (now - last) * spansPerMs, spansPerSecond);
      last = now;
      while (due >= this.traffic.spansPerTrace && this.pending.size < maxRequests) due -= this.begin(due);
      if (this.failure !== undefined) throw this.failure;
    }
    await Promise.all(this.pending);
    if (this.failure !== undefined) throw this.failure;
  }

  /** Sends a request of at most so many spans, and gives how many it has. */
  private begin(spans: number): number {
    const traces: LoadTrace[] = [];
    let total = 0;
    do {
      const trace = this.traffic.trace(Date.now(), this.isFaulty);
      traces.push(trace);
      total += trace.spans;
    } while (traces.length < tracesPerRequest && total + this.traffic.spansPerTrace <= spans);
    const sending = this.deliver(traces, total)
      .catch((error: unknown) => {
        this.failure ??= error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => this.pending.delete(sending));
    this.pending.add(sending);
    return total;
  }

  private async deliver(traces: readonly LoadTrace[], spans: number): Promise<void> {
    const { counts } = this;
    counts.sentSpans += spans;
    const body = Buffer.concat(traces.map(({ bytes }) => bytes));
    const delivery = await this.sender.send(body, spans, this.options.signal);
    counts.acceptedSpans += delivery.acceptedSpans;
    counts.refusedSpans += delivery.refusedSpans;
    counts.retries += delivery.retries;
    this.reason ??= delivery.reason;
    // Of a request that was taken in part it is not said which spans were not.
    if (delivery.refusedSpans > 0) return;
    for (const trace of traces) {
      counts.acceptedTraces += 1;
      this.options.onTaken(trace, counts.acceptedTraces);
    }
  }
}
