import type { Resources } from '../naming/resources';
import type { SpanTable } from '../otlp/span-table';
import type { ProtobufReader } from '../otlp/protobuf-reader';
import { ByteArena } from './byte-arena';
import { IdList } from './id-table';

const initialSlots = 1024;
/** Of the columns: fourteen words, a byte and a number of eight for each slot, and the list of free ones. */
const slotBytes = 69;
export const noSlot = -1;

/**
 * Spans of open traces: ids and times as columns, everything else as the bytes it came in, read again when the trace is
 * written. Slots are reused.
 */
export class SpanStore {
  count = 0;
  /** Ids of open traces, by their number. */
  readonly traceIds = new IdList();
  readonly arena = new ByteArena();
  private capacity = initialSlots;
  private free = new Int32Array(initialSlots);
  private freeCount = 0;
  /** Slots from here on were never used. */
  private fresh = 0;

  /** Ids as two halves, the first four bytes in `High`, big-endian, so that their order is the ids' order. */
  idHigh = new Uint32Array(initialSlots);
  idLow = new Uint32Array(initialSlots);
  parentHigh = new Uint32Array(initialSlots);
  parentLow = new Uint32Array(initialSlots);
  /** Nanoseconds since the epoch, as two halves; 0 for absent. */
  startHigh = new Uint32Array(initialSlots);
  startLow = new Uint32Array(initialSlots);
  endHigh = new Uint32Array(initialSlots);
  endLow = new Uint32Array(initialSlots);
  /** OTLP span kind. */
  kind = new Uint8Array(initialSlots);
  resource = new Int32Array(initialSlots);
  block = new Int32Array(initialSlots);
  at = new Int32Array(initialSlots);
  length = new Int32Array(initialSlots);
  /** Event time of a trace that enters at the span, milliseconds since the epoch; set by whoever knows the timings. */
  eventMs = new Float64Array(initialSlots);
  /** Next span of the same trace, or {@link noSlot}. */
  next = new Int32Array(initialSlots);
  /** Position in its trace by arrival, written when the trace is. */
  position = new Int32Array(initialSlots);

  constructor(private readonly resources: Resources) {}

  /** Bytes of the spans that are held, and of their slots. */
  get byteLength(): number {
    return this.arena.byteLength + this.count * slotBytes;
  }

  /** Keeps a span of a table that was read from `protobuf`. */
  add(protobuf: ProtobufReader, table: SpanTable, row: number, resource: number): number {
    const slot = this.takeSlot();
    const { view } = protobuf;
    const spanId = table.spanIdAt.get(row);
    const parent = table.parentIdAt.get(row);
    const start = table.startTimeAt.get(row);
    const end = table.endTimeAt.get(row);
    this.idHigh[slot] = view.getUint32(spanId);
    this.idLow[slot] = view.getUint32(spanId + 4);
    this.parentHigh[slot] = parent < 0 ? 0 : view.getUint32(parent);
    this.parentLow[slot] = parent < 0 ? 0 : view.getUint32(parent + 4);
    this.startLow[slot] = start < 0 ? 0 : view.getUint32(start, true);
    this.startHigh[slot] = start < 0 ? 0 : view.getUint32(start + 4, true);
    this.endLow[slot] = end < 0 ? 0 : view.getUint32(end, true);
    this.endHigh[slot] = end < 0 ? 0 : view.getUint32(end + 4, true);
    const from = table.start.get(row);
    const to = table.end.get(row);
    this.arena.add(protobuf.bytes, view, from, to);
    this.block[slot] = this.arena.block;
    this.at[slot] = this.arena.at;
    this.length[slot] = to - from;
    this.next[slot] = noSlot;
    this.kind[slot] = table.kind.get(row);
    this.resource[slot] = resource;
    this.resources.retain(resource);
    this.count += 1;
    return slot;
  }

  release(slot: number): void {
    this.resources.release(this.resource[slot] ?? 0);
    this.arena.release(this.block[slot] ?? 0);
    this.free[this.freeCount] = slot;
    this.freeCount += 1;
    this.count -= 1;
  }

  /** Start, milliseconds since the epoch, to a quarter of a microsecond. */
  startMs(slot: number): number {
    return ((this.startHigh[slot] ?? 0) * 4294967296 + (this.startLow[slot] ?? 0)) / 1e6;
  }

  /** End, likewise; 0 where none was sent. */
  endMs(slot: number): number {
    return ((this.endHigh[slot] ?? 0) * 4294967296 + (this.endLow[slot] ?? 0)) / 1e6;
  }

  private takeSlot(): number {
    if (this.freeCount > 0) {
      this.freeCount -= 1;
      return this.free[this.freeCount] ?? 0;
    }
    if (this.fresh === this.capacity) this.grow();
    this.fresh += 1;
    return this.fresh - 1;
  }

  private grow(): void {
    this.capacity *= 2;
    const grownU = (array: Uint32Array) => {
      const larger = new Uint32Array(this.capacity);
      larger.set(array);
      return larger;
    };
    const grown = (array: Int32Array) => {
      const larger = new Int32Array(this.capacity);
      larger.set(array);
      return larger;
    };
    const eventMs = new Float64Array(this.capacity);
    eventMs.set(this.eventMs);
    this.eventMs = eventMs;
    const kind = new Uint8Array(this.capacity);
    kind.set(this.kind);
    this.kind = kind;
    this.free = grown(this.free);
    this.idHigh = grownU(this.idHigh);
    this.idLow = grownU(this.idLow);
    this.parentHigh = grownU(this.parentHigh);
    this.parentLow = grownU(this.parentLow);
    this.startHigh = grownU(this.startHigh);
    this.startLow = grownU(this.startLow);
    this.endHigh = grownU(this.endHigh);
    this.endLow = grownU(this.endLow);
    this.resource = grown(this.resource);
    this.block = grown(this.block);
    this.at = grown(this.at);
    this.length = grown(this.length);
    this.next = grown(this.next);
    this.position = grown(this.position);
  }
}
