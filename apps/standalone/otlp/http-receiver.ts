import { serve } from '@hono/node-server';
import { Hono, type Context } from 'hono';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { OtlpRefusal } from './errors';
import { jsonToProtobuf } from './json';
import { refusalCodes, responseJson, responseMessage, statusMessage } from './messages';
import { defaultMaxRequestBytes, type TraceSink } from './sink';

const protobufType = 'application/x-protobuf';
const jsonType = 'application/json';

export interface ReceiverOptions {
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** @default {@link defaultMaxRequestBytes} */
  readonly maxRequestBytes?: number;
}

/** A listening receiver. */
export interface Receiver {
  readonly port: number;
  /** Stops taking requests and waits for those in progress. */
  stop(): Promise<void>;
}

/** OTLP over HTTP: `POST /v1/traces`, protobuf or JSON, plain or gzip, answers as the OTLP specification says. */
export function otlpHttpApp(sink: TraceSink, maxRequestBytes = defaultMaxRequestBytes): Hono {
  const app = new Hono();
  app.post('/v1/traces', async (context) => {
    const type = mediaType(context);
    try {
      if (type !== protobufType && type !== jsonType) {
        throw new OtlpRefusal('unsupported', `content type "${type}"; send ${protobufType} or ${jsonType}`);
      }
      const body = await readBody(context, maxRequestBytes);
      const request = type === jsonType ? jsonToProtobuf(body.toString('utf8')) : body;
      const acceptance = await sink.accept(request);
      return type === jsonType
        ? context.json(responseJson(acceptance))
        : protobuf(context, 200, responseMessage(acceptance));
    } catch (error) {
      return refuse(context, error, type);
    }
  });
  app.all('/v1/traces', (context) => context.text('use POST\n', 405, { Allow: 'POST' }));
  app.notFound((context) => context.text('OTLP traces are taken at /v1/traces\n', 404));
  return app;
}

/** Starts {@link otlpHttpApp}. Rejects when the port is taken. */
export async function startHttpReceiver(sink: TraceSink, options: ReceiverOptions): Promise<Receiver> {
  const app = otlpHttpApp(sink, options.maxRequestBytes);
  const server = serve({
    fetch: app.fetch,
    port: options.port,
    hostname: options.host ?? '127.0.0.1',
    // It would cut off a sender that is still writing; what is refused is drained here.
    autoCleanupIncoming: false,
  });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ('closeIdleConnections' in server) server.closeIdleConnections();
      }),
  };
}

function mediaType(context: Context): string {
  return (context.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase().slice(0, 100) ?? '';
}

/** How much of a refused body is still read into nothing: a sender that is cut off while it writes would not see the answer. */
const maxDiscardedBytes = 256 * 1024 * 1024;
const maxDiscardMs = 5_000;

async function readBody(context: Context, limit: number): Promise<Buffer> {
  const encoding = (context.req.header('content-encoding') ?? 'identity').trim().toLowerCase();
  if (encoding !== 'gzip' && encoding !== 'identity') {
    throw new OtlpRefusal('unsupported', `content encoding "${encoding.slice(0, 100)}"; send gzip or none`);
  }
  if (context.req.raw.body === null) return Buffer.alloc(0);
  const plain = Readable.fromWeb(context.req.raw.body);
  const source = encoding === 'gzip' ? plain.pipe(createGunzip()) : plain;
  // pipe() does not hand errors on: a sender that goes away must end the decompression too.
  if (source !== plain) plain.on('error', (error) => source.destroy(error));
  let chunks: Buffer[] = [];
  let size = 0;
  let deadline = Infinity;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else if (deadline === Infinity) {
        chunks = [];
        deadline = performance.now() + maxDiscardMs;
      } else if (size > maxDiscardedBytes || performance.now() > deadline) break;
    }
  } catch (cause) {
    plain.destroy();
    if (size <= limit) throw new OtlpRefusal('malformed', 'the body ends early or is not gzip', { cause });
  }
  if (size > limit) throw new OtlpRefusal('too-large', `the request is larger than ${limit} bytes`);
  return Buffer.concat(chunks, size);
}

function refuse(context: Context, error: unknown, type: string): Response {
  const refusal = error instanceof OtlpRefusal ? error : new OtlpRefusal('busy', 'the pipeline cannot take spans now');
  const { http, grpc } = refusalCodes[refusal.reason];
  if (refusal.reason === 'busy') context.header('Retry-After', '1');
  return type === jsonType
    ? context.json({ code: grpc, message: refusal.message }, http)
    : protobuf(context, http, statusMessage(grpc, refusal.message));
}

function protobuf(context: Context, code: 200 | 400 | 413 | 415 | 503, body: Uint8Array): Response {
  return context.body(Uint8Array.from(body).buffer, code, { 'Content-Type': protobufType });
}
