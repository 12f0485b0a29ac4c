import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { otlpDescriptor } from '@plumbline/wire';
import { request, type OutgoingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import protobuf from 'protobufjs';

const root = protobuf.Root.fromJSON(otlpDescriptor);
const exportResponse = root.lookupType('ExportTraceServiceResponse');
const rpcStatus = root.lookupType('Status');

/** What a receiver answered over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  /** Message of the error, or of the partial success; empty when all is well. */
  readonly message: string;
  readonly rejectedSpans: number;
}

/** Posts bytes as they are; an answer that comes before all was sent is an answer. */
export function post(url: string, body: Buffer | Readable, headers: OutgoingHttpHeaders): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const length = body instanceof Readable ? {} : { 'Content-Length': body.length };
    const outgoing = request(url, { method: 'POST', headers: { ...length, ...headers }, agent: false });
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        outgoing.destroy();
        const type = String(response.headers['content-type']);
        resolve(readAnswer(response.statusCode ?? 0, type, Buffer.concat(chunks)));
      });
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    // When the receiver hangs up early, its answer decides; without one the request's own error does.
    pipeline(body instanceof Readable ? body : Readable.from([body]), outgoing).catch(() => undefined);
  });
}

function readAnswer(status: number, type: string, body: Buffer): HttpAnswer {
  if (type.startsWith('application/json')) {
    const json = JSON.parse(body.toString()) as {
      readonly message?: string;
      readonly partialSuccess?: { readonly rejectedSpans: string; readonly errorMessage: string };
    };
    const message = json.message ?? json.partialSuccess?.errorMessage ?? '';
    return { status, message, rejectedSpans: Number(json.partialSuccess?.rejectedSpans ?? 0) };
  }
  if (type !== 'application/x-protobuf') return { status, message: body.toString(), rejectedSpans: 0 };
  if (status === 200) return { status, ...readPartialSuccess(body) };
  const { message } = rpcStatus.toObject(rpcStatus.decode(body), { defaults: true }) as { readonly message: string };
  return { status, message, rejectedSpans: 0 };
}

function readPartialSuccess(body: Uint8Array): { readonly message: string; readonly rejectedSpans: number } {
  const { partialSuccess } = exportResponse.toObject(exportResponse.decode(body), { longs: Number }) as {
    readonly partialSuccess?: { readonly rejectedSpans: number; readonly errorMessage: string };
  };
  return { message: partialSuccess?.errorMessage ?? '', rejectedSpans: partialSuccess?.rejectedSpans ?? 0 };
}

/** What a receiver answered over gRPC; code 0 is OK. */
export interface GrpcAnswer {
  readonly code: number;
  readonly message: string;
  readonly rejectedSpans: number;
}

/** An OTLP client over gRPC that sends whatever bytes it is given. */
export class GrpcClient {
  private readonly client: Client;

  constructor(address: string) {
    this.client = new Client(address, credentials.createInsecure());
  }

  send(body: Buffer): Promise<GrpcAnswer> {
    const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
    const passThrough = (bytes: Buffer) => bytes;
    return new Promise((resolve) => {
      const options = { deadline: Date.now() + 60_000 };
      this.client.makeUnaryRequest(path, passThrough, passThrough, body, options, (error: ServiceError | null, reply) =>
        resolve(
          error === null
            ? { code: 0, ...readPartialSuccess(reply ?? Buffer.alloc(0)) }
            : { code: error.code, message: error.details, rejectedSpans: 0 },
        ),
      );
    });
  }

  close(): void {
    this.client.close();
  }
}
