/** What went wrong at a broker. */
export type StreamErrorCode =
  | 'PLUMBLINE_STREAM_UNKNOWN_TOPIC'
  | 'PLUMBLINE_STREAM_UNKNOWN_PARTITION'
  | 'PLUMBLINE_STREAM_MESSAGE_TOO_LARGE'
  | 'PLUMBLINE_STREAM_FULL'
  | 'PLUMBLINE_STREAM_UNAVAILABLE'
  | 'PLUMBLINE_STREAM_UNAUTHENTICATED'
  | 'PLUMBLINE_STREAM_REFUSED'
  | 'PLUMBLINE_STREAM_CORRUPT'
  | 'PLUMBLINE_STREAM_LOCKED'
  | 'PLUMBLINE_STREAM_CLOSED';

/** A user who is not known yet, or has another password, is put right by somebody while we ask again. */
const transientCodes: ReadonlySet<StreamErrorCode> = new Set([
  'PLUMBLINE_STREAM_UNAVAILABLE',
  'PLUMBLINE_STREAM_FULL',
  'PLUMBLINE_STREAM_UNAUTHENTICATED',
]);

/** Thrown by every `EventStream`. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
  /** Whether the same request may succeed later. */
  readonly transient: boolean;
  /** What is at fault, where that is known, without what could not be done for it. */
  readonly fault?: string;

  constructor(
    readonly code: StreamErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly fault?: string } = {},
  ) {
    super(message, options);
    if (options.fault !== undefined) this.fault = options.fault;
    this.transient = transientCodes.has(code);
  }
}

/** Whether an error says of itself that a repetition may succeed. */
export function isTransient(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'transient' in error && error.transient === true;
}
