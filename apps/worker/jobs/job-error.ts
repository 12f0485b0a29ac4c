/** Why a job cannot bring about what its file says. */
export type JobErrorCode =
  | 'PLUMBLINE_JOB_TOPICS'
  | 'PLUMBLINE_JOB_BUCKET'
  | 'PLUMBLINE_JOB_DATABASE'
  | 'PLUMBLINE_JOB_IDENTITY'
  | 'PLUMBLINE_JOB_CERTIFICATE'
  | 'PLUMBLINE_JOB_SECRET'
  | 'PLUMBLINE_JOB_SERVER';

/** Thrown by jobs. */
export class JobError extends Error {
  override readonly name = 'JobError';
  /** Whether the job may succeed when it is run again. */
  readonly transient: boolean;
  constructor(
    readonly code: JobErrorCode,
    message: string,
    options: { readonly transient?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, options);
    this.transient = options.transient ?? false;
  }
}
