import { logLevel, type logCreator } from 'kafkajs';
import type { Logger } from 'pino';

/** Passes what kafkajs logs on to pino, with its fields and without its own timestamp. */
export function kafkaLog(logger: Logger): logCreator {
  return () =>
    ({ namespace, level, log }) => {
      const { message, timestamp: _, logger: __, ...fields } = log;
      logger[pinoLevel(level)]({ namespace, ...fields }, message);
    };
}

/** kafkajs reports as errors what it repeats by itself; what it cannot cure comes as an exception and is logged there. */
function pinoLevel(level: logLevel): 'warn' | 'info' | 'debug' {
  if (level === logLevel.ERROR || level === logLevel.WARN) return 'warn';
  return level === logLevel.INFO ? 'info' : 'debug';
}
