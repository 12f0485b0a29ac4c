import { otlpDescriptor } from '@plumbline/wire';
import protobuf from 'protobufjs';
import type { RefusalReason } from './errors';
import type { Acceptance } from './sink';

const root = protobuf.Root.fromJSON(otlpDescriptor);
const exportResponse = root.lookupType('ExportTraceServiceResponse');
const status = root.lookupType('Status');

/** What a refusal is called over HTTP and over gRPC (google.rpc.Code). Only `busy` may be tried again. */
export const refusalCodes: Readonly<
  Record<RefusalReason, { readonly http: 400 | 413 | 415 | 503; readonly grpc: number }>
> = {
  malformed: { http: 400, grpc: 3 },
  unsupported: { http: 415, grpc: 3 },
  'too-large': { http: 413, grpc: 3 },
  busy: { http: 503, grpc: 14 },
};

/** ExportTraceServiceResponse; empty unless spans were rejected. */
export function responseMessage({ rejectedSpans, message }: Acceptance): Uint8Array {
  const partialSuccess = rejectedSpans > 0 ? { rejectedSpans, errorMessage: message } : undefined;
  return exportResponse.encode(exportResponse.fromObject(partialSuccess ? { partialSuccess } : {})).finish();
}

/** The same in OTLP/JSON, where 64-bit integers are strings. */
export function responseJson({ rejectedSpans, message }: Acceptance): object {
  return rejectedSpans > 0 ? { partialSuccess: { rejectedSpans: String(rejectedSpans), errorMessage: message } } : {};
}

/** google.rpc.Status, the body of an OTLP/HTTP error. */
export function statusMessage(code: number, message: string): Uint8Array {
  return status.encode(status.fromObject({ code, message })).finish();
}
