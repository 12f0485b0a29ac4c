import { encodeRequest, orderTrace, requestObject, type SentSpan, type SentTrace } from './traces';
import type { Random } from './random';

const yearMs = 365 * 86_400_000;

/** Requests that are valid protobuf and say nonsense. */
export interface Nonsense {
  readonly negativeDurations: SentTrace;
  readonly clocksAYearAhead: SentTrace;
  readonly clocksAYearBehind: SentTrace;
}

/** Traces whose times cannot be true. */
export function nonsense(random: Random): Nonsense {
  const trace = (startMs: number) => orderTrace(random, { startMs });
  const [root, ...rest] = trace(Date.now());
  const backwards = (span: SentSpan): SentSpan => ({ ...span, durationMs: -250 });
  return {
    negativeDurations: [backwards(root), ...rest.map(backwards)],
    clocksAYearAhead: trace(Date.now() + yearMs),
    clocksAYearBehind: trace(Date.now() - yearMs),
  };
}

/** An order of whose six spans two have no trace id and one has no span id. */
export function spansWithoutIds(random: Random): readonly SentSpan[] {
  const [first, second, third, ...rest] = orderTrace(random, { startMs: Date.now() });
  const without = (span: SentSpan | undefined, ids: Partial<SentSpan>) => (span ? [{ ...span, ...ids }] : []);
  return [
    ...without(first, { traceId: '' }),
    ...without(second, { traceId: '0'.repeat(32) }),
    ...without(third, { spanId: '' }),
    ...rest,
  ];
}

/** A request of one service whose end is missing; of several, the first could be whole. */
export function truncated(random: Random): Buffer {
  const [root] = orderTrace(random, { startMs: Date.now() });
  const request = encodeRequest([root]);
  return Buffer.from(request.subarray(0, request.length - 1 - random.integer(request.length / 2)));
}

/** A span with an attribute of lists in lists, so many deep, as protobuf. */
export function deeplyNestedAttribute(random: Random, depth: number): Buffer {
  const field = (number: number, body: Uint8Array) => Buffer.concat([tag(number), varint(body.length), body]);
  let value: Buffer = field(1, Buffer.from('bottom'));
  // AnyValue.array_value is 5, ArrayValue.values is 1.
  for (let level = 0; level < depth; level += 1) value = field(5, field(1, value));
  const attribute = field(9, Buffer.concat([field(1, Buffer.from('deep')), field(2, value)]));
  const ids = Buffer.concat([field(1, random.bytes(16)), field(2, random.bytes(8)), field(5, Buffer.from('GET /'))]);
  return field(1, field(2, field(2, Buffer.concat([ids, attribute]))));
}

/** The same as JSON. */
export function deeplyNestedJson(random: Random, depth: number): Buffer {
  const request = JSON.stringify(requestAsJson(orderTrace(random, { startMs: Date.now() })));
  const value = `${'{"arrayValue":{"values":['.repeat(depth)}${']}}'.repeat(depth)}`;
  return Buffer.from(request.replace('"attributes":[]', `"attributes":[{"key":"deep","value":${value}}]`));
}

/** A request in OTLP's JSON, where ids are hexadecimal. */
export function requestAsJson(spans: readonly SentSpan[]): unknown {
  return JSON.parse(
    JSON.stringify(requestObject(spans), (_, value: unknown) => {
      const isBuffer = typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
      return isBuffer && 'data' in value ? Buffer.from(value.data as number[]).toString('hex') : value;
    }),
  );
}

function tag(field: number): Buffer {
  return Buffer.of((field << 3) | 2);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.of(...bytes, rest);
}
