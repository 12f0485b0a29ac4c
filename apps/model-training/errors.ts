/** What keeps a training from going on. */
export type TrainingErrorCode =
  /** A source of traces cannot be read. */
  | 'PLUMBLINE_TRAINING_SOURCE'
  /** Too few traces to learn from, or to judge by. */
  | 'PLUMBLINE_TRAINING_TOO_LITTLE'
  /** A step was started before what it needs was there. */
  | 'PLUMBLINE_TRAINING_STEP_MISSING';

/** Thrown by the steps of a training; the message says what to do. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';

  constructor(
    readonly code: TrainingErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly transient?: boolean } = {},
  ) {
    super(message, options);
    this.transient = options.transient === true;
  }

  /** Whether the same request may succeed later. */
  readonly transient: boolean;
}
