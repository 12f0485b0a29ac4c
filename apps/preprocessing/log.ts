/** What the worker logs to; pino's loggers are of this shape. */
export interface Log {
  warn(details: object, message: string): void;
}

export const silentLog: Log = { warn: () => undefined };
