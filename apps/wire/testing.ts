import {
  attributeTypes,
  noRow,
  spanFlags,
  traceFlags,
  type AttributeColumn,
  type TextColumn,
  type TraceBatch,
} from './trace-batch';
import { serviceKey } from './identity';

/** A span as a test writes it; what is left out is worked out from the others of its trace. */
export interface PlainSpan {
  /** Any short text that tells the spans of a trace apart. */
  readonly id: string;
  /** `id` of the parent; absent for roots. One that is no span of the trace makes an orphan. */
  readonly parent?: string;
  /** A service key, or a bare name in the default tenant. */
  readonly service: string;
  readonly operation: string;
  /** @default 'server' for entries, 'client' with remote children or a peer, else 'internal' */
  readonly kind?: 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** @default the trace's event time */
  readonly startMs?: number;
  readonly durationMs: number;
  /** @default duration less the durations of children that are not asynchronous, not below zero */
  readonly selfMs?: number;
  /** @default client spans with one remote child: duration less the child's; else NaN */
  readonly gapMs?: number;
  readonly error?: boolean;
  /** @default failed, and no child failed */
  readonly origin?: boolean;
  readonly asynchronous?: boolean;
  readonly skewed?: boolean;
  /** An earlier revision had it, in a window that is closed. */
  readonly counted?: boolean;
  readonly truncated?: boolean;
  readonly peer?: string;
  readonly weight?: number;
  /** Name as sent. @default the operation */
  readonly name?: string;
  readonly statusMessage?: string;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  /** @default {} */
  readonly resource?: Readonly<Record<string, unknown>>;
  /** JSON array. */
  readonly events?: string;
  /** JSON array. */
  readonly links?: string;
}

/** A trace as a test writes it. */
export interface PlainTrace {
  /** 32 hexadecimal digits. @default the trace's position, counted from 1 */
  readonly traceId?: string;
  /** @default 1 */
  readonly revision?: number;
  readonly retraction?: boolean;
  readonly truncated?: boolean;
  /** An earlier part of it was counted in a window that is closed. */
  readonly late?: boolean;
  /** Milliseconds since the epoch. @default start of the first span, else 0 */
  readonly eventTimeMs?: number;
  /** Parents before children; the first one is where the request entered. */
  readonly spans: readonly PlainSpan[];
}

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;

/**
 * A batch of traces from plain objects, for tests.
 *
 * @throws {RangeError} when a trace has no spans or a child before its parent
 */
export function traceBatchFrom(plain: readonly PlainTrace[]): TraceBatch {
  const rows = plain.flatMap((trace, index) => rowsOf(trace, index));
  const traceCount = plain.length;
  const spanOffsets = Int32Array.of(0, ...plain.map(({ spans }) => spans.length));
  for (let i = 1; i <= traceCount; i += 1) spanOffsets[i] = (spanOffsets[i] ?? 0) + (spanOffsets[i - 1] ?? 0);
  const parentRow = rows.map((row, at) => (row.parent === noRow ? noRow : at - row.index + row.parent));
  const entryRow: number[] = [];
  for (const [at, row] of rows.entries()) entryRow.push(row.entry ? at : (entryRow[parentRow[at] ?? 0] ?? at));

  const services = new Strings();
  const operations = new Strings();
  const peers = new Strings(['']);
  const resources = new Strings();
  const attributeKeys = new Strings();
  const traces = plain.map((trace, index) => {
    const first = trace.spans[0];
    const complete = trace.spans.every((span) => !isOrphan(trace, span)) && first?.parent === undefined;
    return {
      id: Buffer.from(trace.traceId ?? (index + 1).toString(16).padStart(32, '0'), 'hex'),
      revision: trace.revision ?? 1,
      flags:
        (complete ? traceFlags.complete : 0) |
        (trace.truncated === true ? traceFlags.truncated : 0) |
        (trace.late === true ? traceFlags.late : 0) |
        (trace.retraction === true ? traceFlags.retraction : 0),
      eventTimeMs: trace.eventTimeMs ?? first?.startMs ?? 0,
      service: services.index(keyOf(first?.service ?? '')),
      operation: operations.index(first?.operation ?? ''),
    };
  });
  const starts = rows.map(({ span, trace }) => BigInt(Math.round((span.startMs ?? trace.eventTimeMs ?? 0) * 1e6)));

  return {
    traces: {
      count: traceCount,
      traceId: Buffer.concat(traces.map(({ id }) => id)),
      revision: Uint16Array.from(traces, ({ revision }) => revision),
      flags: Uint8Array.from(traces, ({ flags }) => flags),
      eventTimeMs: Float64Array.from(traces, ({ eventTimeMs }) => eventTimeMs),
      entryService: Int32Array.from(traces, ({ service }) => service),
      entryOperation: Int32Array.from(traces, ({ operation }) => operation),
      spanOffsets,
    },
    spans: {
      count: rows.length,
      spanId: Buffer.concat(rows.map(({ span }) => spanIdOf(span.id))),
      parentSpanId: Buffer.concat(rows.map(({ span }) => spanIdOf(span.parent))),
      parentRow: Int32Array.from(parentRow),
      entryRow: Int32Array.from(entryRow),
      service: Int32Array.from(rows, ({ span }) => services.index(keyOf(span.service))),
      operation: Int32Array.from(rows, ({ span }) => operations.index(span.operation)),
      peer: Int32Array.from(rows, ({ span }) => peers.index(span.peer ?? '')),
      resource: Int32Array.from(rows, ({ span }) => resources.index(JSON.stringify(span.resource ?? {}))),
      kind: Uint8Array.from(rows, ({ kind }) => kind),
      statusCode: Uint8Array.from(rows, ({ span }) => (span.error === true ? 2 : 0)),
      flags: Uint8Array.from(rows, ({ flags }) => flags),
      startUnixNano: BigInt64Array.from(starts),
      durationNano: BigInt64Array.from(rows, ({ span }) => BigInt(Math.round(span.durationMs * 1e6))),
      durationMs: Float32Array.from(rows, ({ span }) => span.durationMs),
      selfMs: Float32Array.from(rows, ({ selfMs }) => selfMs),
      gapMs: Float32Array.from(rows, ({ gapMs }) => gapMs),
      weight: Float32Array.from(rows, ({ span }) => span.weight ?? 1),
      name: textColumn(rows.map(({ span }) => span.name ?? span.operation)),
      statusMessage: textColumn(rows.map(({ span }) => span.statusMessage ?? '')),
      events: textColumn(rows.map(({ span }) => span.events ?? '')),
      links: textColumn(rows.map(({ span }) => span.links ?? '')),
      attributes: attributeColumn(
        rows.map(({ span }) => span.attributes ?? {}),
        attributeKeys,
      ),
    },
    services: services.all,
    operations: operations.all,
    peers: peers.all,
    attributeKeys: attributeKeys.all,
    resources: resources.all,
  };
}

interface Row {
  readonly trace: PlainTrace;
  readonly span: PlainSpan;
  /** Position in the trace. */
  readonly index: number;
  /** Position of the parent in the trace, or `noRow`. */
  readonly parent: number;
  readonly entry: boolean;
  readonly kind: number;
  readonly flags: number;
  readonly selfMs: number;
  readonly gapMs: number;
}

function rowsOf(trace: PlainTrace, position: number): Row[] {
  if (trace.spans.length === 0) throw new RangeError(`trace ${position} has no spans`);
  return trace.spans.map((span, index) => {
    const parent = trace.spans.findIndex(({ id }) => id === span.parent);
    if (parent >= index) throw new RangeError(`span "${span.id}" comes before its parent "${span.parent ?? ''}"`);
    const children = trace.spans.filter((other) => other.parent === span.id);
    const called = children.filter((child) => child.asynchronous !== true);
    const remote = called.filter((child) => child.kind === 'server' || child.service !== span.service);
    const entry = parent === noRow || isEntry(span, trace.spans[parent]);
    const outgoing = remote.length > 0 || span.peer !== undefined;
    const kind = kinds.indexOf(span.kind ?? (entry ? 'server' : outgoing ? 'client' : 'internal'));
    const [only, ...others] = remote;
    const hasGap = kinds[kind] === 'client' && only !== undefined && others.length === 0;
    const origin = span.origin ?? (span.error === true && !called.some((child) => child.error === true));
    return {
      trace,
      span,
      index,
      parent,
      entry,
      kind,
      flags:
        (span.error === true ? spanFlags.error : 0) |
        (origin ? spanFlags.origin : 0) |
        (entry ? spanFlags.entry : 0) |
        (isOrphan(trace, span) ? spanFlags.orphan : 0) |
        (span.asynchronous === true ? spanFlags.asynchronous : 0) |
        (span.skewed === true ? spanFlags.skewed : 0) |
        (span.counted === true ? spanFlags.counted : 0) |
        (span.truncated === true ? spanFlags.truncated : 0),
      selfMs: span.selfMs ?? Math.max(0, span.durationMs - called.reduce((sum, child) => sum + child.durationMs, 0)),
      gapMs: span.gapMs ?? (hasGap ? Math.max(0, span.durationMs - only.durationMs) : NaN),
    };
  });
}

function isEntry(span: PlainSpan, parent: PlainSpan | undefined): boolean {
  return (
    parent === undefined || parent.service !== span.service || (span.kind === 'server' && parent.kind === 'client')
  );
}

function isOrphan(trace: PlainTrace, span: PlainSpan): boolean {
  return span.parent !== undefined && !trace.spans.some(({ id }) => id === span.parent);
}

function keyOf(service: string): string {
  if (service.includes('/')) return service;
  return serviceKey({ tenant: 'default', environment: '', namespace: '', service });
}

function spanIdOf(id: string | undefined): Buffer {
  const bytes = Buffer.alloc(8);
  if (id !== undefined) bytes.write(id, 8 - Math.min(8, Buffer.byteLength(id)));
  return bytes;
}

/** Numbers strings by their first occurrence. */
class Strings {
  private readonly indices = new Map<string, number>();

  constructor(initial: readonly string[] = []) {
    for (const text of initial) this.index(text);
  }

  get all(): string[] {
    return [...this.indices.keys()];
  }

  index(text: string): number {
    const index = this.indices.get(text) ?? this.indices.size;
    this.indices.set(text, index);
    return index;
  }
}

function textColumn(texts: readonly string[]): TextColumn {
  const chunks = texts.map((text) => Buffer.from(text, 'utf8'));
  const offsets = new Int32Array(texts.length + 1);
  for (const [i, chunk] of chunks.entries()) offsets[i + 1] = (offsets[i] ?? 0) + chunk.length;
  return { offsets, bytes: Buffer.concat(chunks) };
}

function attributeColumn(
  spans: readonly Readonly<Record<string, string | number | boolean>>[],
  keys: Strings,
): AttributeColumn {
  const entries = spans.map((attributes) => Object.entries(attributes));
  const offsets = new Int32Array(spans.length + 1);
  for (const [i, own] of entries.entries()) offsets[i + 1] = (offsets[i] ?? 0) + own.length;
  const flat = entries.flat();
  return {
    offsets,
    key: Int32Array.from(flat, ([key]) => keys.index(key)),
    type: Uint8Array.from(flat, ([, value]) => typeOf(value)),
    value: textColumn(flat.map(([, value]) => String(value))),
  };
}

function typeOf(value: string | number | boolean): number {
  if (typeof value === 'string') return attributeTypes.string;
  if (typeof value === 'boolean') return attributeTypes.bool;
  return Number.isInteger(value) ? attributeTypes.int : attributeTypes.double;
}
