import { hashId, spanFlags, traceFlags, type SpanColumns, type TraceBatch } from '@plumbline/wire';
import { IdTable } from './id-table';
import { KeySet } from './key-set';

const initialTraces = 1024;
/** What a trace takes: a revision, two counts, a flag, and its place in a table of which half is free. */
const traceBytes = 51;

/** The newest emission of a trace by whoever had its partition before. */
export interface EarlierEmission {
  readonly number: number;
  readonly revision: number;
  /** Spans that it had. */
  readonly spans: number;
  /** How many of them are in statistics: all, or, when it was taken back and nothing took its place, those of closed windows. */
  readonly counted: number;
  readonly takenBack: boolean;
}

/**
 * What was emitted of one partition before this process had it, by what is on `traces-preprocessed`: which spans, in which
 * revision. A restart reads spans again of which some were emitted; the process before may have waited longer for others of their
 * trace, or less long, since it went by its own clock while the partition was quiet, and may have known that they were late.
 */
export class EmittedBefore {
  /** Newest that was promised, milliseconds since the epoch. */
  watermarkMs = -Infinity;
  /** Record time of the newest emission, milliseconds since the epoch. */
  newestMs = -Infinity;

  private readonly table = new IdTable();
  private readonly spans = new KeySet();
  private revisions = new Uint16Array(initialTraces);
  private counts = new Uint32Array(initialTraces);
  /** Of an emission that was taken back how many spans were not, else all. */
  private counted = new Uint32Array(initialTraces);
  private takenBack = new Uint8Array(initialTraces);
  private count = 0;

  get byteLength(): number {
    return this.spans.bytesNext + this.revisions.length * traceBytes;
  }

  /** @param timeMs record time of the emission, milliseconds since the epoch */
  promised(watermarkMs: number, timeMs: number): void {
    this.watermarkMs = Math.max(this.watermarkMs, watermarkMs);
    this.newestMs = Math.max(this.newestMs, timeMs);
  }

  /** Adds the traces of a record; of those that come again nothing is new. */
  add({ traces, spans }: TraceBatch): void {
    const ids = view(traces.traceId);
    for (let trace = 0; trace < traces.count; trace += 1) {
      const number = this.numberOf(ids, trace * 16);
      const [from, to] = [traces.spanOffsets[trace] ?? 0, traces.spanOffsets[trace + 1] ?? 0];
      const revision = traces.revision[trace] ?? 1;
      const known = this.revisions[number] ?? 0;
      if (revision > known) {
        this.revisions[number] = revision;
        this.takenBack[number] = 0;
        this.counts[number] = this.counted[number] = to - from;
        this.addSpans(number, spans, from, to);
      }
      const isRetraction = ((traces.flags[trace] ?? 0) & traceFlags.retraction) !== 0;
      if (!isRetraction || revision < known) continue;
      this.takenBack[number] = 1;
      this.counted[number] = countedBefore(spans, from, to);
    }
  }

  /** Newest emission of the trace with the id at a position. */
  find(id: DataView, at: number): EarlierEmission | undefined {
    const number = this.table.get(id, at);
    if (number < 0) return undefined;
    return {
      number,
      revision: this.revisions[number] ?? 0,
      spans: this.counts[number] ?? 0,
      counted: this.counted[number] ?? 0,
      takenBack: this.takenBack[number] === 1,
    };
  }

  /** Whether any emission of a trace had the span. */
  has(number: number, idHigh: number, idLow: number, kind: number): boolean {
    return this.spans.has(...keyOf(number, idHigh, idLow, kind));
  }

  private addSpans(number: number, { spanId, kind }: SpanColumns, from: number, to: number): void {
    const ids = view(spanId);
    for (let row = from; row < to; row += 1) {
      this.spans.add(...keyOf(number, ids.getUint32(row * 8), ids.getUint32(row * 8 + 4), kind[row] ?? 0));
    }
  }

  private numberOf(id: DataView, at: number): number {
    const known = this.table.get(id, at);
    if (known >= 0) return known;
    const number = this.count;
    this.count += 1;
    if (number === this.revisions.length) this.grow();
    this.table.set(id, at, number);
    return number;
  }

  private grow(): void {
    const size = this.count * 2;
    this.revisions = grown(this.revisions, new Uint16Array(size));
    this.counts = grown(this.counts, new Uint32Array(size));
    this.counted = grown(this.counted, new Uint32Array(size));
    this.takenBack = grown(this.takenBack, new Uint8Array(size));
  }
}

function grown<T extends Uint8Array | Uint16Array | Uint32Array>(from: T, into: T): T {
  into.set(from);
  return into;
}

function countedBefore({ flags }: SpanColumns, from: number, to: number): number {
  let count = 0;
  for (let row = from; row < to; row += 1) if (((flags[row] ?? 0) & spanFlags.counted) !== 0) count += 1;
  return count;
}

/** Two hashes: a span would be taken for another, which is then not emitted, once in 2⁶³ pairs. */
function keyOf(number: number, idHigh: number, idLow: number, kind: number): [high: number, low: number] {
  return [hashId(number, idHigh, idLow, kind), hashId(idLow, kind, number, idHigh)];
}

function view({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
