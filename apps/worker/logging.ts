import pino, { type DestinationStream, type Logger } from 'pino';

/** Levels that `LOG_LEVEL` may name. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Fields that are never printed, at the top of a line and one level down. */
const secretFields = ['password', 'secret', 'token', 'authorization', 'secretAccessKey', 'sasl', 'credentials'];

/** A logger of JSON lines: UTC time, level by name, errors with their codes and causes. */
export function createLogger(name: string, level: LogLevel = 'info', destination?: DestinationStream): Logger {
  const options = {
    name,
    level,
    base: { name },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`]), censor: '[hidden]' },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
