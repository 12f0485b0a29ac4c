/** Why a request was refused. The receiver maps each to HTTP and gRPC as the OTLP specification says. */
export type RefusalReason = 'malformed' | 'unsupported' | 'too-large' | 'busy';

/** A request that is refused as a whole; the message says what was wrong with it. */
export class OtlpRefusal extends Error {
  readonly code = 'PLUMBLINE_OTLP_REFUSED';
  override readonly name = 'OtlpRefusal';

  constructor(
    readonly reason: RefusalReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
