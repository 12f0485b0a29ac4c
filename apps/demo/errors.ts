/** What can go wrong with the shop, by stable code. */
export type DemoErrorCode =
  | 'DEMO_UNKNOWN_FAULT'
  | 'DEMO_UNKNOWN_SERVICE'
  | 'DEMO_FAULT_NOT_APPLICABLE'
  | 'DEMO_INVALID_PARAMETER'
  | 'DEMO_INJECTION_REFUSED'
  | 'DEMO_CHILD_EXITED'
  | 'DEMO_START_TIMEOUT'
  | 'DEMO_INVALID_OPTION'
  | 'DEMO_INVALID_ENVIRONMENT'
  | 'DEMO_UNREACHABLE';

/** An error of the shop or of who drives it; the message names the thing and the value. */
export class DemoError extends Error {
  override readonly name = 'DemoError';

  constructor(
    readonly code: DemoErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
