import { createHash } from 'node:crypto';
import { partitionRequest } from '../otlp/partition';
import type { PlacedRequest } from '../replay/recordings';
import type { PerturbedTrace } from './perturb';
import type { RecordedTrace } from './recorded-traces';
import { writeRequest, type OutgoingSpan } from './span-writer';

/** Length of the pieces that a recording is cut into, milliseconds. */
export const pieceMs = 30_000;

/** Spans of a request. */
const requestSpans = 200;

/** A piece of a recording: its traces by the time in it at which each starts, nanoseconds. */
export type Piece = readonly { readonly offsetNs: bigint; readonly trace: RecordedTrace }[];

/** Cuts a recording, from its first trace on; what is left at the end is no whole piece and is left out. */
export function cutUp(traces: readonly RecordedTrace[]): Piece[] {
  const firstNs = traces[0]?.originNs ?? 0n;
  const lastNs = traces[traces.length - 1]?.originNs ?? 0n;
  const lengthNs = BigInt(pieceMs) * 1_000_000n;
  const pieces: { offsetNs: bigint; trace: RecordedTrace }[][] = Array.from(
    { length: Number((lastNs - firstNs) / lengthNs) },
    () => [],
  );
  for (const trace of traces) {
    const sinceNs = trace.originNs - firstNs;
    pieces[Number(sinceNs / lengthNs)]?.push({ offsetNs: sinceNs % lengthNs, trace });
  }
  return pieces;
}

/**
 * Puts pieces one after another into one stream of requests, in order of the spans' ends. Each gets trace ids of its own, so that a piece
 * may come again.
 */
export class PieceStream {
  private waiting: OutgoingSpan[] = [];
  private put = 0;
  private written = 0;

  /** @param nowMs where the stream begins, milliseconds since the epoch */
  constructor(
    public nowMs: number,
    private readonly partitions: number,
  ) {}

  /**
   * Adds a piece and gives the requests whose spans have all ended by its end.
   *
   * @param change what becomes of a trace that starts at a time, milliseconds since the epoch; `undefined` leaves it as it is
   */
  *add(
    piece: Piece,
    change: (trace: RecordedTrace, startMs: number) => PerturbedTrace | undefined = () => undefined,
  ): Generator<PlacedRequest> {
    this.put += 1;
    for (const { offsetNs, trace } of piece) {
      const originNs = BigInt(this.nowMs) * 1_000_000n + offsetNs;
      this.place(trace, originNs, change(trace, Number(originNs / 1_000_000n)));
    }
    this.nowMs += pieceMs;
    yield* this.flush(BigInt(this.nowMs) * 1_000_000n);
  }

  /** What is left. */
  *finish(): Generator<PlacedRequest> {
    yield* this.flush(undefined);
  }

  private place(trace: RecordedTrace, originNs: bigint, changed: PerturbedTrace | undefined): void {
    const traceId = createHash('md5').update(trace.id).update(String(this.put)).digest();
    trace.spans.forEach((span, index) => {
      const body = trace.bodies[index];
      const timing = changed === undefined ? span : changed.timings[index];
      if (body === undefined || timing === undefined) return;
      this.waiting.push({
        body,
        traceId,
        startNs: originNs + BigInt(Math.round(timing.startNs)),
        endNs: originNs + BigInt(Math.round(timing.endNs)),
        fails: changed?.failed[index] === true && !span.failed,
      });
    });
  }

  private *flush(untilNs: bigint | undefined): Generator<PlacedRequest> {
    this.waiting.sort((a, b) => (a.endNs < b.endNs ? -1 : a.endNs > b.endNs ? 1 : 0));
    let count = this.waiting.findIndex(({ endNs }) => untilNs !== undefined && endNs > untilNs);
    if (count < 0) count = this.waiting.length;
    const due = this.waiting.slice(0, count);
    this.waiting = this.waiting.slice(count);
    for (let at = 0; at < due.length; at += requestSpans) {
      const bytes = writeRequest(due.slice(at, at + requestSpans));
      yield { index: this.written, path: 'perturbed', bytes, parts: partitionRequest(bytes, this.partitions) };
      this.written += 1;
    }
  }
}
