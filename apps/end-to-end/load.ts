import { topics } from '@plumbline/contracts';
import type { EventStream } from '@plumbline/worker';
import type { Random } from './random';
import { encodeRequest, orderTrace, type SentSpan, type SentTrace } from './traces';

export interface LoadOptions {
  readonly stream: Pick<EventStream, 'produce'>;
  readonly partitions: number;
  readonly random: Random;
  readonly tracesPerSecond: number;
  /** Makes a trace that starts now. @default - an order */
  readonly makeTrace?: (startMs: number) => SentTrace;
  /**
   * By how much event and record times are ahead of the clock, milliseconds; never less than before. Hours pass in minutes so.
   *
   * @default - they are the clock's
   */
  readonly aheadMs?: () => number;
  /**
   * As networks and collectors are: services export apart and at times late, and requests are sent twice.
   *
   * @default false
   */
  readonly untidy?: boolean;
}

/** One export request of one service, due at some time. */
interface Due {
  readonly atMs: number;
  readonly spans: readonly SentSpan[];
}

const stepMs = 100;

/** Puts OTLP requests on `traces` at a steady rate, as the collector does: one trace on one partition, Snappy inside. */
export class Load {
  /** Ids of the spans of each trace that was sent. */
  readonly sent = new Map<string, ReadonlySet<string>>();
  private due: Due[] = [];
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> = Promise.resolve();
  private owed = 0;

  constructor(private readonly options: LoadOptions) {}

  get spans(): number {
    let count = 0;
    for (const ids of this.sent.values()) count += ids.size;
    return count;
  }

  start(): void {
    let last = performance.now();
    this.timer = setInterval(() => {
      const now = performance.now();
      this.owed += ((now - last) / 1000) * this.options.tracesPerSecond;
      last = now;
      for (; this.owed >= 1; this.owed -= 1) this.plan();
      this.flush(Date.now());
    }, stepMs);
  }

  /** Sends what is still due, at once. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.flush(Infinity);
    await this.sending;
  }

  /** Sends the spans as one request. */
  send(spans: readonly SentSpan[]): Promise<void> {
    const { stream, partitions, aheadMs } = this.options;
    const record = (partition: number) => ({
      ...(aheadMs && { timestampMs: Date.now() + aheadMs() }),
      topic: topics.traces.name,
      partition,
      key: null,
      value: encodeRequest(spans.filter(({ traceId }) => partitionOf(traceId, partitions) === partition)),
    });
    const present = new Set(spans.map(({ traceId }) => partitionOf(traceId, partitions)));
    return stream.produce([...present].map(record));
  }

  private plan(): void {
    const { random, makeTrace, untidy = false, aheadMs } = this.options;
    const nowMs = Date.now();
    const startMs = nowMs + (aheadMs?.() ?? 0);
    const trace = makeTrace?.(startMs) ?? orderTrace(random, { startMs });
    this.sent.set(trace[0].traceId, new Set(trace.map(({ spanId }) => spanId)));
    if (!untidy) {
      this.due.push({ atMs: nowMs, spans: trace });
      return;
    }
    for (const service of new Set(trace.map(({ service }) => service))) {
      const late = random.chance(0.05) ? random.between(2_000, 6_000) : random.between(0, 900);
      const request = { atMs: nowMs + late, spans: trace.filter((span) => span.service === service) };
      this.due.push(request);
      if (random.chance(0.05)) this.due.push({ ...request, atMs: request.atMs + random.between(100, 3_000) });
    }
  }

  private flush(nowMs: number): void {
    const spans = this.due.filter(({ atMs }) => atMs <= nowMs).flatMap((request) => request.spans);
    if (spans.length === 0) return;
    this.due = this.due.filter(({ atMs }) => atMs > nowMs);
    this.sending = this.sending.then(() => this.send(spans));
    // A failure is reported by `stop`.
    this.sending.catch(() => undefined);
  }
}

function partitionOf(traceId: string, partitions: number): number {
  return parseInt(traceId.slice(-8), 16) % partitions;
}
