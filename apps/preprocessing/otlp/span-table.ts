/** Field numbers of `AnyValue`, and 0 for a value that is not set. */
export const valueTypes = { none: 0, string: 1, bool: 2, int: 3, double: 4, array: 5, kvlist: 6, bytes: 7 } as const;

const initialRows = 256;

/**
 * Spans as columns of positions in the bytes they were read from. Reused from message to message: grows, never shrinks.
 * Lists of a span (attributes, events, links) are entries `offsets[row]` to `offsets[row + 1]` of flat columns.
 */
export class SpanTable {
  count = 0;
  /** Content of the span's own message. */
  readonly start = new IntColumn();
  readonly end = new IntColumn();
  /** Which `ResourceSpans` of the request it is in. */
  readonly resource = new IntColumn();
  readonly traceIdAt = new IntColumn();
  readonly spanIdAt = new IntColumn();
  /** −1 for roots. */
  readonly parentIdAt = new IntColumn();
  readonly kind = new IntColumn();
  readonly statusCode = new IntColumn();
  /** Positions of the times' eight bytes, −1 for absent. */
  readonly startTimeAt = new IntColumn();
  readonly endTimeAt = new IntColumn();
  readonly nameStart = new IntColumn();
  readonly nameEnd = new IntColumn();
  readonly stateStart = new IntColumn();
  readonly stateEnd = new IntColumn();
  readonly messageStart = new IntColumn();
  readonly messageEnd = new IntColumn();
  readonly attributes = new AttributeTable();
  readonly attributeOffsets = new IntColumn();
  readonly events = new RangeTable();
  readonly eventOffsets = new IntColumn();
  readonly links = new RangeTable();
  readonly linkOffsets = new IntColumn();

  constructor() {
    this.clear();
  }

  clear(): void {
    this.truncate(0);
    this.attributeOffsets.set(0, 0);
    this.eventOffsets.set(0, 0);
    this.linkOffsets.set(0, 0);
  }

  /** Forgets rows from `count` on, and what was begun of the next. */
  truncate(count: number): void {
    this.count = count;
    this.attributes.count = count === 0 ? 0 : this.attributeOffsets.get(count);
    this.events.count = count === 0 ? 0 : this.eventOffsets.get(count);
    this.links.count = count === 0 ? 0 : this.linkOffsets.get(count);
  }
}

/** Keys and values, as positions. */
export class AttributeTable {
  count = 0;
  readonly keyStart = new IntColumn();
  readonly keyEnd = new IntColumn();
  /** {@link valueTypes} */
  readonly type = new IntColumn();
  readonly valueStart = new IntColumn();
  readonly valueEnd = new IntColumn();
}

/** Positions of messages that are only looked into when they are written. */
export class RangeTable {
  count = 0;
  readonly start = new IntColumn();
  readonly end = new IntColumn();

  add(start: number, end: number): void {
    this.start.set(this.count, start);
    this.end.set(this.count, end);
    this.count += 1;
  }
}

/** An Int32Array that grows when it is written beyond its end. */
export class IntColumn {
  private data = new Int32Array(initialRows);

  get(row: number): number {
    return this.data[row] ?? 0;
  }

  set(row: number, value: number): void {
    if (row >= this.data.length) this.grow(row);
    this.data[row] = value;
  }

  private grow(row: number): void {
    const larger = new Int32Array(Math.max(row + 1, this.data.length * 2));
    larger.set(this.data);
    this.data = larger;
  }
}
