import { otlpDescriptor } from '@plumbline/wire';
import { gzipSync } from 'node:zlib';
import protobuf from 'protobufjs';
import { OtlpRefusal } from './errors';
import { otlpHttpApp } from './http-receiver';
import { jsonToProtobuf } from './json';
import { partitionRequest } from './partition';

const root = protobuf.Root.fromJSON(otlpDescriptor);
const exportRequest = root.lookupType('ExportTraceServiceRequest');
const exportResponse = root.lookupType('ExportTraceServiceResponse');
const status = root.lookupType('Status');

function span(traceId: string, spanId: string, extra: object = {}) {
  return { traceId, spanId, name: 'GET /', kind: 2, startTimeUnixNano: '1000', endTimeUnixNano: '2000', ...extra };
}

function request(spans: readonly object[]) {
  return {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeSpans: [{ scope: { name: 'test' }, spans }],
      },
    ],
  };
}

const id = (n: number) => n.toString(16).padStart(32, '0');
const sid = (n: number) => n.toString(16).padStart(16, '0');

function decode(bytes: Uint8Array) {
  return exportRequest.toObject(exportRequest.decode(bytes), { longs: String, bytes: String }) as {
    resourceSpans: { resource: object; scopeSpans: { scope: object; spans: { traceId: string }[] }[] }[];
  };
}

describe('partitionRequest', () => {
  const spans = Array.from({ length: 40 }, (_, n) => span(id((n >> 1) + 1), sid(n + 1), { endTimeUnixNano: `${n}` }));
  const bytes = jsonToProtobuf(JSON.stringify(request(spans)));

  it('hands a request on unchanged when one partition gets all of it', () => {
    expect(partitionRequest(bytes, 1).messages.get(0)).toBe(bytes);
  });

  it('sends all spans of a trace to one partition and every span to some partition, with its resource and scope', () => {
    const { messages, spans: count, latestEndNano } = partitionRequest(bytes, 4);
    const homes = new Map<string, Set<number>>();
    let seen = 0;
    for (const [partition, message] of messages) {
      for (const { resource, scopeSpans } of decode(message).resourceSpans) {
        expect(resource).toEqual(decode(bytes).resourceSpans[0]?.resource);
        for (const { scope, spans: part } of scopeSpans) {
          expect(scope).toEqual({ name: 'test' });
          for (const { traceId } of part) {
            homes.set(traceId, (homes.get(traceId) ?? new Set()).add(partition));
            seen += 1;
          }
        }
      }
    }
    expect(seen).toBe(40);
    expect(count).toBe(40);
    expect(latestEndNano).toBe(39n);
    expect([...homes.values()].every((partitions) => partitions.size === 1)).toBe(true);
    expect(messages.size).toBeGreaterThan(1);
  });

  it('leaves out and counts spans without ids', () => {
    const mixed = jsonToProtobuf(
      JSON.stringify(request([span(id(1), sid(1)), span('', sid(2)), span(id(3), sid(0)), span('00ff', sid(4))])),
    );
    const { messages, spans: accepted, rejected } = partitionRequest(mixed, 1);
    expect({ accepted, rejected }).toEqual({ accepted: 1, rejected: 3 });
    expect(decode(messages.get(0) ?? new Uint8Array()).resourceSpans[0]?.scopeSpans[0]?.spans).toHaveLength(1);
  });

  it.each([
    ['random bytes', Buffer.from('ffeeddccbbaa99887766', 'hex')],
    ['a truncated request', bytes.subarray(0, bytes.length - 3)],
    ['a length beyond the end', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])],
    ['a varint that does not end', Buffer.alloc(20, 0xff)],
  ])('refuses %s', (_name, garbage) => {
    expect(() => partitionRequest(garbage, 1)).toThrow(OtlpRefusal);
  });
});

describe('OTLP over HTTP', () => {
  const taken: Uint8Array[] = [];
  const app = otlpHttpApp(
    {
      accept: async (bytes) => {
        const { rejected, messages } = partitionRequest(bytes, 1);
        taken.push(...messages.values());
        return { rejectedSpans: rejected, message: rejected > 0 ? 'no ids' : '' };
      },
    },
    100_000,
  );
  const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>) =>
    app.request('/v1/traces', { method: 'POST', body, headers });
  const json = JSON.stringify(request([span(id(1), sid(1))]));
  const binary = Uint8Array.from(jsonToProtobuf(json));

  beforeEach(() => {
    taken.length = 0;
  });

  it.each([
    ['protobuf', binary, {}],
    ['gzipped protobuf', Uint8Array.from(gzipSync(binary)), { 'content-encoding': 'gzip' }],
  ])('takes %s and answers with an empty response message', async (_name, body, headers) => {
    const response = await post(body, { 'content-type': 'application/x-protobuf', ...headers });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-protobuf');
    expect((await response.arrayBuffer()).byteLength).toBe(0);
    expect(taken).toHaveLength(1);
  });

  it('takes JSON, with numbers or names for kinds, and answers in JSON', async () => {
    const body = JSON.stringify(request([span(id(1), sid(1), { kind: 'SPAN_KIND_CLIENT' })]));
    const response = await post(body, { 'content-type': 'application/json; charset=utf-8' });
    expect([response.status, await response.json()]).toEqual([200, {}]);
    expect(decode(taken[0] ?? new Uint8Array()).resourceSpans[0]?.scopeSpans[0]?.spans[0]).toMatchObject({ kind: 3 });
  });

  it('reports rejected spans as partial success', async () => {
    const body = jsonToProtobuf(JSON.stringify(request([span(id(1), sid(1)), span('', sid(2))])));
    const response = await post(Uint8Array.from(body), { 'content-type': 'application/x-protobuf' });
    const message = exportResponse.decode(new Uint8Array(await response.arrayBuffer()));
    expect(exportResponse.toObject(message, { longs: Number })).toEqual({
      partialSuccess: { rejectedSpans: 1, errorMessage: 'no ids' },
    });
  });

  const bomb = Uint8Array.from(gzipSync(Buffer.alloc(10_000_000)));
  const deep = `{"resourceSpans":${'['.repeat(10_000)}${']'.repeat(10_000)}}`;
  it.each([
    ['random bytes', Uint8Array.of(255, 254, 253), 'application/x-protobuf', {}, 400],
    ['broken JSON', '{"resourceSpans":[', 'application/json', {}, 400],
    ['JSON nested 10,000 deep', deep, 'application/json', {}, 400],
    ['ids that are not hexadecimal', JSON.stringify(request([span('zz', sid(1))])), 'application/json', {}, 400],
    [
      'times that are not whole',
      JSON.stringify(request([span(id(1), sid(1), { startTimeUnixNano: '1780000000.5' })])),
      'application/json',
      {},
      400,
    ],
    ['a wrong content type', 'x', 'text/plain', {}, 415],
    ['an unknown encoding', binary, 'application/x-protobuf', { 'content-encoding': 'br' }, 415],
    ['a body that is not gzip', binary, 'application/x-protobuf', { 'content-encoding': 'gzip' }, 400],
    ['a large body', new Uint8Array(200_000), 'application/x-protobuf', {}, 413],
    [
      'a small body that decompresses to a large one',
      bomb,
      'application/x-protobuf',
      { 'content-encoding': 'gzip' },
      413,
    ],
  ])('refuses %s with a status that says why', async (_name, body, type, headers, code) => {
    const response = await post(body, { 'content-type': type, ...(headers as Record<string, string>) });
    expect(response.status).toBe(code);
    const message =
      type === 'application/json'
        ? ((await response.json()) as { message: string }).message
        : (status.toObject(status.decode(new Uint8Array(await response.arrayBuffer()))) as { message: string }).message;
    expect(message.length).toBeGreaterThan(10);
    expect(taken).toHaveLength(0);
  });

  it('asks to try again when the pipeline cannot take spans', async () => {
    const busy = otlpHttpApp({ accept: () => Promise.reject(new Error('disk full')) });
    const response = await busy.request('/v1/traces', {
      method: 'POST',
      body: binary,
      headers: { 'content-type': 'application/x-protobuf' },
    });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
  });

  it('answers other methods with 405 and other paths with 404', async () => {
    expect((await app.request('/v1/traces')).status).toBe(405);
    expect((await app.request('/v1/nothing', { method: 'POST' })).status).toBe(404);
  });
});
