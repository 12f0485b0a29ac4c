import { logLevel, type logCreator } from 'kafkajs';
import type { Logger } from 'pino';

/** Passes what kafkajs logs on to pino, with its fields and without its own timestamp. */
export function kafkaLog(logger: Logger): logCreator {
  return () =>
    ({ namespace, level, log }) => {
      const { message, timestamp: _, logger: __, ...fields } = log;
      logger[pinoLevel(level, namespace)]({ namespace, ...fields }, message);
    };
}

/** Whose troubles come as exceptions, which name broker and reason: once for all that could not be done for one. */
const reportedOtherwise = /^(Connection|BrokerPool|SaslAuthenticator|Consumer$)/;

/** kafkajs reports as errors what it repeats by itself; what it cannot cure comes as an exception and is logged there. */
function pinoLevel(level: logLevel, namespace: string): 'warn' | 'info' | 'debug' {
  if (level === logLevel.ERROR || level === logLevel.WARN) return reportedOtherwise.test(namespace) ? 'debug' : 'warn';
  return level === logLevel.INFO ? 'info' : 'debug';
}
