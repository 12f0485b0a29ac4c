import { encodeVarint, isLengthDelimited, visitFields } from './protobuf-fields';

/** A request cut up by partition. */
export interface PartitionedRequest {
  /** ExportTraceServiceRequests by partition; partitions that get nothing are absent. */
  readonly messages: ReadonlyMap<number, Uint8Array>;
  readonly spans: number;
  /** Spans left out because their trace id or span id is missing, all zeros or of the wrong length. */
  readonly rejected: number;
  /** Greatest end time of the spans, nanoseconds since the epoch; 0 when there are none. */
  readonly latestEndNano: bigint;
}

const requestFields = { resourceSpans: 1 };
const resourceSpansFields = { scopeSpans: 2 };
const scopeSpansFields = { spans: 2 };
const spanFields = { traceId: 1, spanId: 2, endTimeUnixNano: 8 };

/**
 * Sends every trace of a request to one partition, by hash of its trace id. Spans are copied as they are; what is around them
 * (resource, scope) is repeated for each partition that has some of them.
 *
 * @throws {OtlpRefusal} `malformed` when the bytes are no such request
 */
export function partitionRequest(request: Uint8Array, partitions: number): PartitionedRequest {
  const parts = new Map<number, Uint8Array[]>();
  const count = { spans: 0, rejected: 0, latestEndNano: 0n };

  visitFields(request, 0, request.length, (field, wireType, _tag, start, end) => {
    if (field !== requestFields.resourceSpans || !isLengthDelimited(wireType)) return;
    for (const [partition, body] of splitResourceSpans(request, start, end, partitions, count)) {
      append(parts, partition, wrap(requestFields.resourceSpans, body));
    }
  });

  const whole = count.rejected === 0 && parts.size === 1;
  const messages = new Map([...parts].map(([p, chunks]) => [p, whole ? request : Buffer.concat(chunks)] as const));
  return { messages, ...count };
}

type Count = { spans: number; rejected: number; latestEndNano: bigint };

function splitResourceSpans(bytes: Uint8Array, start: number, end: number, partitions: number, count: Count) {
  const around: Uint8Array[] = [];
  const parts = new Map<number, Uint8Array[]>();
  visitFields(bytes, start, end, (field, wireType, tag, from, to) => {
    if (field !== resourceSpansFields.scopeSpans || !isLengthDelimited(wireType)) {
      around.push(bytes.subarray(tag, to));
      return;
    }
    for (const [partition, body] of splitScopeSpans(bytes, from, to, partitions, count)) {
      append(parts, partition, wrap(resourceSpansFields.scopeSpans, body));
    }
  });
  return new Map([...parts].map(([p, chunks]) => [p, [...around, ...chunks]] as const));
}

function splitScopeSpans(bytes: Uint8Array, start: number, end: number, partitions: number, count: Count) {
  const around: Uint8Array[] = [];
  const parts = new Map<number, Uint8Array[]>();
  visitFields(bytes, start, end, (field, wireType, tag, from, to) => {
    if (field !== scopeSpansFields.spans || !isLengthDelimited(wireType)) {
      around.push(bytes.subarray(tag, to));
      return;
    }
    const partition = partitionOfSpan(bytes, from, to, partitions, count);
    if (partition === undefined) count.rejected += 1;
    else {
      count.spans += 1;
      append(parts, partition, [bytes.subarray(tag, to)]);
    }
  });
  return new Map([...parts].map(([p, chunks]) => [p, [...around, ...chunks]] as const));
}

function partitionOfSpan(
  bytes: Uint8Array,
  start: number,
  end: number,
  partitions: number,
  count: Count,
): number | undefined {
  const found = { traceHash: -1, spanId: false, endNano: 0n };
  visitFields(bytes, start, end, (field, wireType, _tag, from, to) => {
    if (field === spanFields.traceId && isLengthDelimited(wireType)) {
      found.traceHash = isId(bytes, from, to, 16) ? fnv1a(bytes, from, to) : -1;
    } else if (field === spanFields.spanId && isLengthDelimited(wireType)) {
      found.spanId = isId(bytes, from, to, 8);
    } else if (field === spanFields.endTimeUnixNano && to - from === 8) {
      found.endNano = new DataView(bytes.buffer, bytes.byteOffset + from, 8).getBigUint64(0, true);
    }
  });
  if (found.traceHash < 0 || !found.spanId) return undefined;
  if (found.endNano > count.latestEndNano) count.latestEndNano = found.endNano;
  return found.traceHash % partitions;
}

function isId(bytes: Uint8Array, start: number, end: number, length: number): boolean {
  return end - start === length && bytes.subarray(start, end).some((byte) => byte !== 0);
}

/** 32-bit FNV-1a: spreads random ids evenly and is the same on every machine. */
function fnv1a(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193) >>> 0;
  return hash;
}

function append(parts: Map<number, Uint8Array[]>, partition: number, chunks: readonly Uint8Array[]): void {
  const list = parts.get(partition);
  if (list === undefined) parts.set(partition, [...chunks]);
  else list.push(...chunks);
}

/** Tag and length in front of a message's chunks. */
function wrap(field: number, chunks: readonly Uint8Array[]): Uint8Array[] {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return [Uint8Array.of((field << 3) | 2), encodeVarint(length), ...chunks];
}
