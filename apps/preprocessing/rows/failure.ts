import { grpcServerFailures } from '../naming/semantic-conventions';

const spanKinds = { server: 2, client: 3, consumer: 5 } as const;
const statusCodes = { ok: 1, error: 2 } as const;

/** What a span says of its outcome. */
export interface Outcome {
  /** OTLP span kind. */
  readonly kind: number;
  /** OTLP status code. */
  readonly statusCode: number;
  /** `http.response.status_code`, 0 when there is none. */
  readonly httpStatus: number;
  /** `rpc.response.status_code`, empty when there is none. */
  readonly rpcStatus: string;
  /** An exception was recorded, as an event or by attribute. */
  readonly exception: boolean;
}

/**
 * Whether a span failed, by the semantic conventions: an HTTP server fails with 5xx and its client with 4xx too; a gRPC
 * server fails with the codes that are its own fault and its client with any but OK. An exception without a status counts,
 * one that the application handled (status OK) does not.
 */
export function hasFailed({ kind, statusCode, httpStatus, rpcStatus, exception }: Outcome): boolean {
  if (statusCode === statusCodes.error) return true;
  if (httpStatus >= (kind === spanKinds.client ? 400 : 500)) return true;
  if (rpcStatus !== '' && rpcStatus !== 'OK') {
    if (kind === spanKinds.server || kind === spanKinds.consumer ? grpcServerFailures.has(rpcStatus) : true)
      return true;
  }
  return exception && statusCode !== statusCodes.ok;
}
