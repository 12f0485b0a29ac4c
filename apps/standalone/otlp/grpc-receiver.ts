import {
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { OtlpRefusal } from './errors';
import type { Receiver, ReceiverOptions } from './http-receiver';
import { refusalCodes, responseMessage } from './messages';
import { defaultMaxRequestBytes, type Acceptance, type TraceSink } from './sink';

const passThrough = (bytes: Buffer) => bytes;

/** The trace service of OTLP; requests stay bytes, as the reader of the pipeline wants them. */
const traceService: ServiceDefinition = {
  export: {
    path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    requestStream: false,
    responseStream: false,
    requestSerialize: passThrough,
    requestDeserialize: passThrough,
    responseSerialize: (acceptance: Acceptance) => Buffer.from(responseMessage(acceptance)),
    responseDeserialize: passThrough,
  },
};

/** OTLP over gRPC. Rejects when the port is taken. */
export async function startGrpcReceiver(sink: TraceSink, options: ReceiverOptions): Promise<Receiver> {
  const server = new Server({
    'grpc.max_receive_message_length': options.maxRequestBytes ?? defaultMaxRequestBytes,
  });
  server.addService(traceService, {
    export: (call: ServerUnaryCall<Buffer, Acceptance>, respond: sendUnaryData<Acceptance>) => {
      sink.accept(call.request).then(
        (acceptance) => respond(null, acceptance),
        (error: unknown) => respond(toGrpcError(error)),
      );
    },
  });
  const address = `${options.host ?? '127.0.0.1'}:${options.port}`;
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return {
    port,
    stop: () =>
      new Promise((resolve) => {
        server.tryShutdown(() => resolve());
      }),
  };
}

function toGrpcError(error: unknown): { code: number; details: string } {
  if (error instanceof OtlpRefusal) return { code: refusalCodes[error.reason].grpc, details: error.message };
  return { code: status.UNAVAILABLE, details: 'the pipeline cannot take spans now' };
}
