/** What went wrong at a broker. */
export type StreamErrorCode =
  | 'PLUMBLINE_STREAM_UNKNOWN_TOPIC'
  | 'PLUMBLINE_STREAM_UNKNOWN_PARTITION'
  | 'PLUMBLINE_STREAM_MESSAGE_TOO_LARGE'
  | 'PLUMBLINE_STREAM_FULL'
  | 'PLUMBLINE_STREAM_UNAVAILABLE'
  | 'PLUMBLINE_STREAM_REFUSED'
  | 'PLUMBLINE_STREAM_CORRUPT'
  | 'PLUMBLINE_STREAM_LOCKED'
  | 'PLUMBLINE_STREAM_CLOSED';

/** Thrown by every `EventStream`. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
  /** Whether the same request may succeed later. */
  readonly transient: boolean;

  constructor(
    readonly code: StreamErrorCode,
    message: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
    this.transient = code === 'PLUMBLINE_STREAM_UNAVAILABLE' || code === 'PLUMBLINE_STREAM_FULL';
  }
}

/** Whether an error says of itself that a repetition may succeed. */
export function isTransient(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'transient' in error && error.transient === true;
}
