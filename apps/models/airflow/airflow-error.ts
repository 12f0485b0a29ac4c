/** What went wrong at an Airflow. */
export type AirflowErrorCode =
  | 'PLUMBLINE_AIRFLOW_UNAVAILABLE'
  | 'PLUMBLINE_AIRFLOW_DENIED'
  | 'PLUMBLINE_AIRFLOW_REFUSED'
  | 'PLUMBLINE_AIRFLOW_RUN_ID';

/** Thrown by {@link triggerTraining}. Names address and status, and never who asked. */
export class AirflowError extends Error {
  override readonly name = 'AirflowError';
  /** Whether the same request may succeed later. */
  readonly transient: boolean;

  constructor(
    readonly code: AirflowErrorCode,
    message: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
    this.transient = code === 'PLUMBLINE_AIRFLOW_UNAVAILABLE';
  }
}
