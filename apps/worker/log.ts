/** What a stage logs to; pino's loggers are of this shape. */
export interface Log {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

/** Says nothing. */
export const silentLog: Log = { info: () => undefined, warn: () => undefined };

/** What an error says, for a line of a log: at most 500 characters, since others' words may be in it. */
export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500);
}
