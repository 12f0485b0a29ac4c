import fc from 'fast-check';
import { Reader } from 'protobufjs';
import { encodeRequest, exportTraceServiceRequest, idBytes, keyValues, otlpSpan, type PlainValue } from '../testing';
import { OtlpReader } from './otlp-reader';
import { MalformedError } from './protobuf-reader';
import { ValueTexts } from './value-text';

/** What both readers must agree on. */
interface PlainSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  traceState: string;
  name: string;
  kind: number;
  start: string;
  end: string;
  statusCode: number;
  statusMessage: string;
  attributes: [string, unknown][];
  events: unknown[];
  links: unknown[];
}

describe('OTLP reader', () => {
  const attributeValue: fc.Arbitrary<PlainValue> = fc.letrec<{ value: PlainValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.boolean(),
      fc.integer(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.double({ noNaN: true }),
      fc.constant(null),
      fc.uint8Array({ maxLength: 9 }),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.string({ maxLength: 4 }), tie('value'), { maxKeys: 3 }),
    ),
  })).value;
  const attributes = fc.dictionary(fc.string({ maxLength: 12 }), attributeValue, { maxKeys: 5 });
  const id = (size: number) =>
    fc.uint8Array({ minLength: size, maxLength: size }).filter((bytes) => bytes.some(Boolean));
  const time = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
  const span = fc.record({
    traceId: id(16),
    spanId: id(8),
    parentSpanId: fc.oneof(id(8), fc.constant(new Uint8Array(0)), fc.constant(new Uint8Array(8))),
    traceState: fc.string({ maxLength: 8 }),
    name: fc.string({ unit: 'grapheme', maxLength: 20 }),
    kind: fc.nat(5),
    startTimeUnixNano: time,
    endTimeUnixNano: time,
    attributes: attributes.map(keyValues),
    droppedAttributesCount: fc.nat(),
    events: fc.array(
      fc.record({ name: fc.string({ maxLength: 8 }), timeUnixNano: time, attributes: attributes.map(keyValues) }),
      { maxLength: 3 },
    ),
    links: fc.array(fc.record({ traceId: id(16), spanId: id(8), attributes: attributes.map(keyValues) }), {
      maxLength: 2,
    }),
    status: fc.record({ code: fc.nat(2), message: fc.string({ maxLength: 8 }) }),
    flags: fc.nat(),
  });
  const request = fc
    .array(
      fc.record({
        resource: fc.record({ attributes: attributes.map(keyValues) }),
        scopeSpans: fc.array(
          fc.record({
            scope: fc.record({ name: fc.string({ maxLength: 8 }), attributes: attributes.map(keyValues) }),
            spans: fc.array(span, { maxLength: 3 }),
          }),
          { maxLength: 2 },
        ),
        schemaUrl: fc.string({ maxLength: 5 }),
      }),
      { maxLength: 3 },
    )
    .map((resourceSpans) => encodeRequest({ resourceSpans }));

  it('reads what protobufjs reads from any request', () => {
    fc.assert(
      fc.property(request, (bytes) => {
        expect(read(bytes)).toEqual(reference(bytes));
      }),
      { numRuns: 300 },
    );
  });

  it('refuses what protobufjs refuses of changed and cut requests, and reads the rest alike', () => {
    const change = fc.record({ at: fc.nat(), to: fc.nat(255) });
    fc.assert(
      fc.property(
        request,
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.double({ min: 0, max: 1 }),
        (bytes, changes, cut) => {
          const hostile = Uint8Array.from(bytes).subarray(0, Math.ceil(bytes.length * Math.max(cut, 0.3)));
          for (const { at, to } of changes) if (hostile.length > 0) hostile[at % hostile.length] = to;
          const expected = attempt(() => reference(hostile));
          const actual = attempt(() => read(hostile));
          if (expected === undefined) expect(actual).toBeUndefined();
          // Groups, field number 0 and more than 32 bits of tag are refused here only.
          else if (actual !== undefined) expect(actual).toEqual(expected);
        },
      ),
      { numRuns: 2000, endOnFailure: true },
    );
  });

  it('never throws anything but MalformedError for random bytes', () => {
    const reader = new OtlpReader();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          reader.readRequest(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('leaves out spans without valid ids, says why, and reads the others', () => {
    const good = otlpSpan({ id: 'a1' });
    const reader = new OtlpReader();
    const spans = [
      { ...good, traceId: idBytes('1', 15) },
      good,
      { ...good, spanId: new Uint8Array(8) },
      { ...good, parentSpanId: new Uint8Array(3) },
      { ...good, traceId: new Uint8Array(0) },
    ];
    reader.readRequest(encodeRequest({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
    expect(reader.spans.count).toBe(1);
    expect([...reader.malformed.keys()]).toEqual([
      'trace id is not of 16 bytes',
      'span id is zero',
      'parent span id is not of 8 bytes',
      'no trace id',
    ]);
  });

  it('keeps the other spans of a request when one is broken inside', () => {
    const bytes = Buffer.from(
      encodeRequest({
        resourceSpans: [
          { scopeSpans: [{ spans: [otlpSpan({ id: '1', name: 'first' }), otlpSpan({ id: '2', name: 'second' })] }] },
        ],
      }),
    );
    // The length of the first name now reaches past its span.
    bytes[bytes.indexOf('first') - 1] = 0x7f;
    const reader = new OtlpReader();
    reader.readRequest(bytes);
    expect(reader.spans.count).toBe(1);
    expect([...reader.malformed.keys()][0]).toMatch(/reaches past the end/);
  });

  it.each([
    ['a group', [0x0b, 0x0c]],
    ['field number 0', [0x02, 0x00]],
    ['a varint of more than ten bytes', [0x10, ...Array<number>(11).fill(0xff)]],
    ['a length beyond the end', [0x0a, 0x05, 0x00]],
    ['a length of 2^62', [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f]],
    ['wire type 7', [0x0f]],
  ])('refuses %s', (_, bytes) => {
    expect(() => new OtlpReader().readRequest(Uint8Array.from(bytes))).toThrow(MalformedError);
  });

  it('shows what is nested deeper than 16 as a mark, without following it', () => {
    let value: Uint8Array = Buffer.from('0a0164', 'hex');
    for (let depth = 0; depth < 10_000; depth += 1) value = message(5, message(1, value));
    const attribute = Buffer.concat([message(1, Buffer.from('deep')), message(2, value)]);
    const bytes = Buffer.concat([message(1, idBytes('1', 16)), message(2, idBytes('2', 8)), message(9, attribute)]);
    const reader = new OtlpReader();
    reader.readRequest(message(1, message(2, message(2, bytes))));
    const { attributes } = reader.spans;
    const texts = new ValueTexts(reader);
    const text = texts.text(attributes.type.get(0), attributes.valueStart.get(0), attributes.valueEnd.get(0));
    expect(text).toBe(`${'['.repeat(15)}"…"${']'.repeat(15)}`);
    expect(texts.takeCutOff()).toBe(true);
  });

  it('takes no more room for a request of millions of empty parts than for its spans', () => {
    const reader = new OtlpReader();
    const empty = Buffer.alloc(200_000).fill(Buffer.from([0x0a, 0x00]));
    reader.readRequest(
      Buffer.concat([empty, encodeRequest({ resourceSpans: [{ scopeSpans: [{ spans: [otlpSpan({ id: '1' })] }] }] })]),
    );
    expect(reader.resources).toHaveLength(1);
    const attributes = Buffer.alloc(200_000).fill(Buffer.from([0x4a, 0x00]));
    const span = Buffer.concat([message(1, idBytes('1', 16)), message(2, idBytes('2', 8)), attributes]);
    reader.readRequest(message(1, message(2, message(2, span))));
    expect(reader.spans.count).toBe(1);
    expect(reader.spans.attributes.count).toBe(8192);
  });

  it('skips fields it does not know, and known ones of another wire type', () => {
    const unknown = Buffer.from([0xa0, 0x06, 0x01]);
    const nameAsNumber = Buffer.from([0x28, 0x07]);
    const span = Buffer.concat([message(1, idBytes('1', 16)), unknown, message(2, idBytes('2', 8)), nameAsNumber]);
    const [only] = read(message(1, message(2, message(2, span))));
    expect(only).toMatchObject({ name: '', spanId: '0000000000000002' });
  });
});

/** One length-delimited field. */
function message(field: number, content: Uint8Array): Buffer {
  const length: number[] = [];
  for (let rest = content.length; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      length.push(rest);
      break;
    }
    length.push((rest % 128) | 0x80);
  }
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...length]), content]);
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

/** @throws when the request, or any of its spans, is malformed */
function read(bytes: Uint8Array): PlainSpan[] {
  const reader = new OtlpReader();
  reader.readRequest(bytes);
  for (const reason of reader.malformed.keys()) throw new MalformedError(reason);
  const { spans } = reader;
  const { view } = reader.protobuf;
  const texts = new ValueTexts(reader);
  const hex = (at: number, size: number) => (at < 0 ? '' : Buffer.from(bytes.subarray(at, at + size)).toString('hex'));
  const nanos = (at: number) => (at < 0 ? 0n : view.getBigUint64(at, true)).toString();
  return Array.from({ length: spans.count }, (_, row) => ({
    traceId: hex(spans.traceIdAt.get(row), 16),
    spanId: hex(spans.spanIdAt.get(row), 8),
    parentSpanId: hex(spans.parentIdAt.get(row), 8),
    traceState: texts.utf8(spans.stateStart.get(row), spans.stateEnd.get(row)),
    name: texts.utf8(spans.nameStart.get(row), spans.nameEnd.get(row)),
    kind: spans.kind.get(row),
    start: nanos(spans.startTimeAt.get(row)),
    end: nanos(spans.endTimeAt.get(row)),
    statusCode: spans.statusCode.get(row),
    statusMessage: texts.utf8(spans.messageStart.get(row), spans.messageEnd.get(row)),
    attributes: range(spans.attributeOffsets.get(row), spans.attributeOffsets.get(row + 1), (i) => {
      const { attributes } = spans;
      return [
        texts.utf8(attributes.keyStart.get(i), attributes.keyEnd.get(i)),
        texts.json(attributes.type.get(i), attributes.valueStart.get(i), attributes.valueEnd.get(i), 1),
      ];
    }),
    events: range(spans.eventOffsets.get(row), spans.eventOffsets.get(row + 1), (i) =>
      texts.event(spans.events.start.get(i), spans.events.end.get(i)),
    ),
    links: range(spans.linkOffsets.get(row), spans.linkOffsets.get(row + 1), (i) =>
      texts.link(spans.links.start.get(i), spans.links.end.get(i)),
    ),
  }));
}

function range<T>(from: number, to: number, item: (i: number) => T): T[] {
  return Array.from({ length: to - from }, (_, i) => item(from + i));
}

interface DecodedValue {
  value?: string;
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string;
  doubleValue?: number;
  arrayValue?: { values?: DecodedValue[] };
  kvlistValue?: { values?: DecodedKeyValue[] };
  bytesValue?: string;
}
interface DecodedKeyValue {
  key: string;
  value?: DecodedValue | null;
}
interface DecodedPart {
  name: string;
  timeUnixNano: string;
  traceId: string;
  spanId: string;
  attributes: DecodedKeyValue[];
}
interface DecodedSpan extends DecodedPart {
  parentSpanId: string;
  traceState: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  events: DecodedPart[];
  links: DecodedPart[];
  status?: { code: number; message: string } | null;
}
interface DecodedRequest {
  resourceSpans: { scopeSpans: { spans: DecodedSpan[] }[] }[];
}

/** @throws when protobufjs does, or a span lacks valid ids, which protobufjs does not look at */
function reference(bytes: Uint8Array): PlainSpan[] {
  // Bytes that are no UTF-8 are replaced here as they are by the reader: one name in a wrong encoding is no reason to lose a span.
  const lenient = Reader.create(bytes);
  Object.assign(lenient, { stringVerify: () => Buffer.from(lenient.bytes()).toString('utf8') });
  const decoded = exportTraceServiceRequest.toObject(exportTraceServiceRequest.decode(lenient), {
    longs: String,
    bytes: String,
    defaults: true,
    oneofs: true,
  }) as DecodedRequest;
  const hex = (base64: string) => Buffer.from(base64, 'base64').toString('hex');
  const zero = /^0*$/;
  const spans = decoded.resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    .map((span) => ({
      traceId: hex(span.traceId),
      spanId: hex(span.spanId),
      parentSpanId: zero.test(hex(span.parentSpanId))
        ? hex(span.parentSpanId).replace(/^(0{16})$/, '')
        : hex(span.parentSpanId),
      traceState: span.traceState,
      name: span.name,
      kind: span.kind >= 0 && span.kind <= 5 ? span.kind : 0,
      start: span.startTimeUnixNano,
      end: span.endTimeUnixNano,
      statusCode: [0, 1, 2].includes(span.status?.code ?? 0) ? (span.status?.code ?? 0) : 0,
      statusMessage: span.status?.message ?? '',
      attributes: span.attributes.map(({ key, value }): [string, unknown] => [key, plain(value)]),
      events: span.events.map(({ name, timeUnixNano, attributes }) => ({
        name,
        timeUnixNano,
        attributes: object(attributes),
      })),
      links: span.links.map(({ traceId, spanId, attributes }) => ({
        traceId: hex(traceId),
        spanId: hex(spanId),
        attributes: object(attributes),
      })),
    }));
  for (const { traceId, spanId, parentSpanId } of spans) {
    const valid = traceId.length === 32 && spanId.length === 16 && [0, 16].includes(parentSpanId.length);
    if (!valid || zero.test(traceId) || zero.test(spanId)) throw new RangeError('a span without valid ids');
  }
  return spans;
}

function object(attributes: DecodedKeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]));
}

function plain(value: DecodedValue | null | undefined): unknown {
  switch (value?.value) {
    case 'intValue':
      return Number.isSafeInteger(Number(value.intValue)) ? Number(value.intValue) : value.intValue;
    case 'doubleValue':
      return Number.isFinite(value.doubleValue) ? value.doubleValue : String(value.doubleValue);
    case 'arrayValue':
      return (value.arrayValue?.values ?? []).map(plain);
    case 'kvlistValue':
      return object(value.kvlistValue?.values ?? []);
    case 'stringValue':
      return value.stringValue;
    case 'boolValue':
      return value.boolValue;
    case 'bytesValue':
      return value.bytesValue;
    default:
      return null;
  }
}
