/** No parent row: the span is a root, or its parent never came. */
export const noRow = -1;

/** Bits of `spans.flags`. */
export const spanFlags = {
  /** Failed: status ERROR, an HTTP status that means failure for this kind, a gRPC code, or an exception event. */
  error: 1,
  /** Failed, and no synchronous child failed. */
  origin: 2,
  /** A request enters the service here: root, topmost span known, parent in another service, or server of a call to itself. */
  entry: 4,
  /** Named a parent that never came. */
  orphan: 8,
  /** Runs beside its parent, not within it: link, consumer, or starts after the parent's end. Its time is not the parent's. */
  asynchronous: 16,
  /** Starts before its parent or ends after it by more than clocks explain. */
  skewed: 32,
  /** Attributes, events or links were cut off by a limit. */
  truncated: 64,
  /**
   * Counted before: an earlier revision had the span, for a window that was closed when this one was made. Features and
   * findings need it, statistics do not count it again.
   */
  counted: 128,
} as const;

/** Revisions of what came when its trace could no longer be changed begin here, so that they are not taken for repetitions. */
export const firstLateRevision = 32_768;

/** Bits of `traces.flags`. */
export const traceFlags = {
  /** Has its root, and every parent is known. */
  complete: 1,
  /** Some spans were left out by a limit. */
  truncated: 2,
  /**
   * Takes back what an earlier revision said: the same spans and features as then, to be subtracted from statistics, and
   * neither judged nor stored. It comes directly before the revision that takes its place.
   */
  retraction: 4,
  /**
   * An earlier part of the trace was counted in a window that is closed by now. Either that part is here, its spans flagged
   * as `counted`, or it was forgotten, and then the trace is not `complete`. Times and failures can be believed; that a call
   * is missing cannot.
   */
  late: 8,
} as const;

/**
 * Traces with features, as columns. Everything that belongs to spans is in flat typed arrays in which the spans of trace
 * `t` are the rows `traces.spanOffsets[t]` to `traces.spanOffsets[t + 1]`, parents before children.
 * Strings are indices into dictionaries that live as long as the batch.
 */
export interface TraceBatch {
  readonly traces: TraceColumns;
  readonly spans: SpanColumns;
  /** Service keys (`identity.ts`). */
  readonly services: readonly string[];
  /** Templated operation names. */
  readonly operations: readonly string[];
  /** Peers of client spans, such as `peer:postgresql/shop`; index 0 is the empty string. */
  readonly peers: readonly string[];
  /** Attribute keys of today's semantic conventions. */
  readonly attributeKeys: readonly string[];
  /** Resource attributes as JSON objects, without those in the service key. */
  readonly resources: readonly string[];
}

export interface TraceColumns {
  readonly count: number;
  /** 16 bytes a trace. */
  readonly traceId: Uint8Array;
  /** 1 for the first emission; each later one is the union of all spans so far. */
  readonly revision: Uint16Array;
  /** {@link traceFlags} */
  readonly flags: Uint8Array;
  /**
   * Start of the entry span, or of long requests a time shortly before their end, milliseconds since the epoch; never far
   * from record time, never in a window that was closed when the revision was made. Fixed at the first emission for a window.
   */
  readonly eventTimeMs: Float64Array;
  /** Index into `services`, fixed like the event time. */
  readonly entryService: Int32Array;
  /** Index into `operations`, fixed like the event time. */
  readonly entryOperation: Int32Array;
  /** Row of the first span of each trace, and the number of spans at the end: `count + 1` entries. */
  readonly spanOffsets: Int32Array;
}

export interface SpanColumns {
  readonly count: number;
  /** 8 bytes a span. */
  readonly spanId: Uint8Array;
  /** 8 bytes a span, zeros for roots. */
  readonly parentSpanId: Uint8Array;
  /** Row of the parent in this batch, or {@link noRow}. Always smaller than the span's own row. */
  readonly parentRow: Int32Array;
  /** Row of the nearest span at or above this one by which the request entered the same service. */
  readonly entryRow: Int32Array;
  readonly service: Int32Array;
  readonly operation: Int32Array;
  readonly peer: Int32Array;
  readonly resource: Int32Array;
  /** OTLP span kind, 0 to 5. */
  readonly kind: Uint8Array;
  /** OTLP status code, 0 to 2. */
  readonly statusCode: Uint8Array;
  /** {@link spanFlags} */
  readonly flags: Uint8Array;
  /** Nanoseconds since the epoch, as sent. */
  readonly startUnixNano: BigInt64Array;
  readonly durationNano: BigInt64Array;
  /** Features, milliseconds. */
  readonly durationMs: Float32Array;
  /** Duration less the union of synchronous children, clipped to the span. */
  readonly selfMs: Float32Array;
  /** For a client span with exactly one remote child: its duration less the child's. `NaN` elsewhere. */
  readonly gapMs: Float32Array;
  /** How many sampled-out spans each stands for together with itself; 1 without sampling. */
  readonly weight: Float32Array;
  /** UTF-8 name as sent. */
  readonly name: TextColumn;
  /** Empty where there is none. */
  readonly statusMessage: TextColumn;
  /** JSON array of events (`{name, timeUnixNano, attributes}`), empty where there are none. */
  readonly events: TextColumn;
  /** JSON array of links (`{traceId, spanId, attributes}`), empty where there are none. */
  readonly links: TextColumn;
  /** Attributes of span `s` are entries `offsets[s]` to `offsets[s + 1]`. */
  readonly attributes: AttributeColumn;
}

/** Strings end to end: the bytes of text `i` are `offsets[i]` to `offsets[i + 1]`. */
export interface TextColumn {
  readonly offsets: Int32Array;
  readonly bytes: Uint8Array;
}

/** Types of attribute values in {@link AttributeColumn}; arrays and maps are JSON texts. */
export const attributeTypes = { string: 0, bool: 1, int: 2, double: 3, json: 4, bytes: 5 } as const;

/** Attributes of all spans end to end. */
export interface AttributeColumn {
  readonly offsets: Int32Array;
  /** Index into `attributeKeys`. */
  readonly key: Int32Array;
  /** One of {@link attributeTypes}. */
  readonly type: Uint8Array;
  /** Value as text; `bytes` as base64. */
  readonly value: TextColumn;
}

const noTexts: TextColumn = { offsets: new Int32Array(1), bytes: new Uint8Array(0) };

/** No traces: what a heartbeat carries. */
export const emptyTraceBatch: TraceBatch = {
  traces: {
    count: 0,
    traceId: new Uint8Array(0),
    revision: new Uint16Array(0),
    flags: new Uint8Array(0),
    eventTimeMs: new Float64Array(0),
    entryService: new Int32Array(0),
    entryOperation: new Int32Array(0),
    spanOffsets: new Int32Array(1),
  },
  spans: {
    count: 0,
    spanId: new Uint8Array(0),
    parentSpanId: new Uint8Array(0),
    parentRow: new Int32Array(0),
    entryRow: new Int32Array(0),
    service: new Int32Array(0),
    operation: new Int32Array(0),
    peer: new Int32Array(0),
    resource: new Int32Array(0),
    kind: new Uint8Array(0),
    statusCode: new Uint8Array(0),
    flags: new Uint8Array(0),
    startUnixNano: new BigInt64Array(0),
    durationNano: new BigInt64Array(0),
    durationMs: new Float32Array(0),
    selfMs: new Float32Array(0),
    gapMs: new Float32Array(0),
    weight: new Float32Array(0),
    name: noTexts,
    statusMessage: noTexts,
    events: noTexts,
    links: noTexts,
    attributes: { offsets: new Int32Array(1), key: new Int32Array(0), type: new Uint8Array(0), value: noTexts },
  },
  services: [],
  operations: [],
  peers: [''],
  attributeKeys: [],
  resources: [],
};
