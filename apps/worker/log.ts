/** What a stage logs to; pino's loggers are of this shape. */
export interface Log {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

/** Says nothing. */
export const silentLog: Log = { info: () => undefined, warn: () => undefined };
