import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { OtlpRefusal } from './errors';
import { startGrpcReceiver } from './grpc-receiver';
import type { Receiver } from './http-receiver';
import { jsonToProtobuf } from './json';
import type { TraceSink } from './sink';

const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const request = Buffer.from(
  jsonToProtobuf(
    JSON.stringify({
      resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) }] }] }],
    }),
  ),
);

describe('OTLP over gRPC', () => {
  const taken: Uint8Array[] = [];
  let refusal: Error | undefined;
  const sink: TraceSink = {
    accept: (bytes) => {
      if (refusal !== undefined) return Promise.reject(refusal);
      taken.push(bytes);
      return Promise.resolve({ rejectedSpans: 2, message: 'no ids' });
    },
  };
  let receiver: Receiver;
  let client: Client;

  beforeAll(async () => {
    receiver = await startGrpcReceiver(sink, { port: 0, maxRequestBytes: 10_000 });
    client = new Client(`127.0.0.1:${receiver.port}`, credentials.createInsecure());
  });
  afterAll(async () => {
    client.close();
    await receiver.stop();
  });
  beforeEach(() => {
    refusal = undefined;
    taken.length = 0;
  });

  const send = (bytes: Buffer) =>
    new Promise<Buffer | ServiceError>((resolve) => {
      const passThrough = (value: Buffer) => value;
      client.makeUnaryRequest(path, passThrough, passThrough, bytes, (error, reply) =>
        resolve(error ?? reply ?? Buffer.alloc(0)),
      );
    });

  it('hands the request on byte for byte and answers with what was rejected', async () => {
    expect(Buffer.from((await send(request)) as Buffer).toString('latin1')).toContain('no ids');
    expect(taken.map((bytes) => Buffer.from(bytes))).toEqual([request]);
  });

  it('refuses what is malformed for good, and what came at a bad time for now', async () => {
    refusal = new OtlpRefusal('malformed', 'not a request');
    expect(await send(request)).toMatchObject({ code: status.INVALID_ARGUMENT, details: 'not a request' });
    refusal = new Error('disk full');
    expect(await send(request)).toMatchObject({
      code: status.UNAVAILABLE,
      details: expect.not.stringContaining('disk') as string,
    });
  });

  it('refuses a message over the limit', async () => {
    expect(await send(Buffer.alloc(20_000))).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(taken).toHaveLength(0);
  });
});
