import { otlpDescriptor } from '@plumbline/wire';
import { messageOf } from '@plumbline/worker';
import protobuf from 'protobufjs';
import { isLengthDelimited, visitFields } from '../otlp/protobuf-fields';
import { RecordingError } from '../replay/recording';
import type { PlacedRequest } from '../replay/recordings';
import { spanKinds, type TimedSpan } from './span-tree';

/** Spans that are held at a time. */
const maxSpans = 3_000_000;

/** What a span is sent with; the same object for the same content. */
export interface SpanContext {
  /** Fields of its ResourceSpans but for the scopes. */
  readonly resource: Uint8Array;
  /** Fields of its ScopeSpans but for the spans. */
  readonly scope: Uint8Array;
  /** `namespace/name`, as causes are labelled. */
  readonly service: string;
}

/** The parts of a span that a perturbation leaves as they are. */
export interface SpanBody {
  readonly context: SpanContext;
  /** Fields of the span but for trace id, start, end and status. */
  readonly fields: Uint8Array;
  /** Content of its status message. */
  readonly status: Uint8Array;
}

/** A trace of a recording. */
export interface RecordedTrace {
  /** Start of the first span, nanoseconds since the epoch; times of the spans count from here. */
  readonly originNs: bigint;
  readonly id: Uint8Array;
  readonly spans: readonly TimedSpan[];
  /** By index of the span. */
  readonly bodies: readonly SpanBody[];
}

const root = protobuf.Root.fromJSON(otlpDescriptor);
const types = { keyValue: root.lookupType('KeyValue') };
const fields = { traceId: 1, spanId: 2, parent: 4, name: 5, kind: 6, start: 7, end: 8, attribute: 9, status: 15 };
const failedStatus = 2;

interface Draft {
  readonly id: string;
  readonly parentId: string;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly body: SpanBody;
  readonly span: Omit<TimedSpan, 'parent' | 'startNs' | 'endNs'>;
}

/**
 * Gathers the traces of a recording, by start. Spans that repeat count once, spans without ids or times not at all.
 *
 * @throws {RecordingError} when there are too many spans to hold
 */
export async function gatherTraces(
  requests: AsyncIterable<Pick<PlacedRequest, 'bytes' | 'path'>> | Iterable<Pick<PlacedRequest, 'bytes' | 'path'>>,
): Promise<RecordedTrace[]> {
  const drafts = new Map<string, Map<string, Draft>>();
  const contexts = new Map<string, SpanContext>();
  let spans = 0;
  for await (const { bytes, path } of requests) {
    const add = (span: Uint8Array, context: SpanContext) => {
      const read = readSpan(span, context);
      if (read === undefined) return;
      let trace = drafts.get(read.traceId);
      if (trace === undefined) drafts.set(read.traceId, (trace = new Map<string, Draft>()));
      if (!trace.has(read.draft.id)) spans += 1;
      trace.set(read.draft.id, read.draft);
    };
    try {
      forEachSpan(bytes, contexts, add);
    } catch (cause) {
      throw new RecordingError(`${path}: ${messageOf(cause)}`, { cause });
    }
    if (spans > maxSpans) throw new RecordingError(`${path}: more than ${maxSpans} spans; a shorter recording does`);
  }
  const traces = [...drafts].map(([id, trace]) => assemble(id, [...trace.values()]));
  return traces.sort((a, b) => (a.originNs < b.originNs ? -1 : a.originNs > b.originNs ? 1 : 0));
}

function assemble(id: string, drafts: readonly Draft[]): RecordedTrace {
  const originNs = drafts.reduce((least, { startNs }) => (startNs < least ? startNs : least), drafts[0]?.startNs ?? 0n);
  const indexes = new Map(drafts.map((draft, index) => [draft.id, index]));
  return {
    originNs,
    id: Buffer.from(id, 'latin1'),
    spans: drafts.map(({ span, parentId, startNs, endNs }) => ({
      ...span,
      parent: indexes.get(parentId) ?? -1,
      startNs: Number(startNs - originNs),
      endNs: Number(endNs - originNs),
    })),
    bodies: drafts.map(({ body }) => body),
  };
}

function forEachSpan(
  request: Uint8Array,
  contexts: Map<string, SpanContext>,
  onSpan: (span: Uint8Array, context: SpanContext) => void,
): void {
  for (const resourceSpans of split(request, 1).messages) {
    const { rest: resource, messages: scopes } = split(resourceSpans, 2);
    for (const scopeSpans of scopes) {
      const { rest: scope, messages: spans } = split(scopeSpans, 2);
      const key = `${resource.length} ${latin1(resource)}${latin1(scope)}`;
      let context = contexts.get(key);
      if (context === undefined) {
        context = { resource: resource.slice(), scope: scope.slice(), service: serviceOf(resource) };
        contexts.set(key, context);
      }
      for (const span of spans) onSpan(span, context);
    }
  }
}

/** Messages of one field, and all other fields as they are. */
function split(bytes: Uint8Array, wanted: number): { messages: Uint8Array[]; rest: Uint8Array } {
  const messages: Uint8Array[] = [];
  const rest: Uint8Array[] = [];
  visitFields(bytes, 0, bytes.length, (field, wireType, tag, start, end) => {
    if (field === wanted && isLengthDelimited(wireType)) messages.push(bytes.subarray(start, end));
    else rest.push(bytes.subarray(tag, end));
  });
  return { messages, rest: Buffer.concat(rest) };
}

function readSpan(bytes: Uint8Array, context: SpanContext): { traceId: string; draft: Draft } | undefined {
  const kept: Uint8Array[] = [];
  const attributes: Uint8Array[] = [];
  const text = { traceId: '', id: '', parentId: '', operation: '' };
  let [startNs, endNs, kind] = [0n, 0n, 0];
  let status: Uint8Array = new Uint8Array();
  visitFields(bytes, 0, bytes.length, (field, wireType, tag, start, end) => {
    const content = bytes.subarray(start, end);
    if (field === fields.traceId) text.traceId = latin1(content);
    else if (field === fields.start && content.length === 8) startNs = fixed64(content);
    else if (field === fields.end && content.length === 8) endNs = fixed64(content);
    else if (field === fields.status && isLengthDelimited(wireType)) status = content.slice();
    else {
      kept.push(bytes.subarray(tag, end));
      if (field === fields.spanId) text.id = latin1(content);
      else if (field === fields.parent) text.parentId = latin1(content);
      else if (field === fields.name) text.operation = Buffer.from(content).toString('utf8');
      else if (field === fields.kind) kind = content[0] ?? 0;
      else if (field === fields.attribute) attributes.push(content);
    }
  });
  if (text.traceId.length !== 16 || text.id.length !== 8 || startNs === 0n || endNs < startNs) return undefined;
  const peer = kind === spanKinds.client ? peerOf(attributes) : undefined;
  return {
    traceId: text.traceId,
    draft: {
      id: text.id,
      parentId: text.parentId,
      startNs,
      endNs,
      body: { context, fields: Buffer.concat(kept), status },
      span: {
        service: context.service,
        operation: text.operation,
        kind,
        failed: isFailed(status),
        ...(peer === undefined ? {} : { peer }),
      },
    },
  };
}

function isFailed(status: Uint8Array): boolean {
  let failed = false;
  visitFields(status, 0, status.length, (field, _wireType, _tag, start) => {
    if (field === 3) failed = status[start] === failedStatus;
  });
  return failed;
}

function serviceOf(resource: Uint8Array): string {
  const [message] = split(resource, 1).messages;
  if (message === undefined) return 'unknown_service';
  const texts = new Map(split(message, 1).messages.map(keyAndText));
  const name = texts.get('service.name') ?? 'unknown_service';
  const namespace = texts.get('service.namespace') ?? '';
  return namespace === '' ? name : `${namespace}/${name}`;
}

/** Attributes that name a system and one of its kind, in the present and in earlier semantic conventions. */
const systems = ['db.system.name', 'db.system', 'messaging.system', 'rpc.system.name', 'rpc.system'];
const names = ['db.namespace', 'db.name', 'messaging.destination.name', 'rpc.service', 'peer.service'];
const hosts = ['server.address', 'net.peer.name'];

function peerOf(attributes: readonly Uint8Array[]): string | undefined {
  const texts = new Map(attributes.map(keyAndText));
  const first = (keys: readonly string[]) =>
    keys.map((key) => texts.get(key)).find((text) => text !== undefined && text !== '');
  const system = first(systems);
  const name = first([...names, ...hosts]);
  if (system === undefined && name === undefined) return undefined;
  return [system ?? 'http', ...(name === undefined ? [] : [name])].join('/');
}

function keyAndText(bytes: Uint8Array): [string, string] {
  const { key, value } = types.keyValue.toObject(types.keyValue.decode(bytes), { longs: String }) as {
    key?: string;
    value?: { stringValue?: string };
  };
  return [key ?? '', value?.stringValue ?? ''];
}

function fixed64(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
