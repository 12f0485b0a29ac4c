import type { Logger } from 'pino';

/** The parts of a process that a shutdown uses. */
export type ShutdownProcess = Pick<NodeJS.Process, 'on' | 'off' | 'exit'>;

/** Waits for the end of the process. */
export interface Shutdown {
  /** Resolves with the first SIGTERM or SIGINT. */
  readonly requested: Promise<NodeJS.Signals>;
  isRequested(): boolean;
  /** Listens no more; an end in progress is not forced any more. */
  dispose(): void;
}

/**
 * Ends a process in order: the first signal asks, and when the grace is over or a second signal comes, the process ends with 1.
 * It ends at once for an error that nobody caught: what state it left is unknown, and at-least-once makes a restart harmless.
 */
export function listenForShutdown(logger: Logger, graceMs: number, target: ShutdownProcess = process): Shutdown {
  let signalled = false;
  let timer: NodeJS.Timeout | undefined;
  let ask: (signal: NodeJS.Signals) => void = () => undefined;
  const requested = new Promise<NodeJS.Signals>((resolve) => {
    ask = resolve;
  });

  const onSignal = (signal: NodeJS.Signals): void => {
    if (signalled) {
      logger.error({ signal }, 'second signal, ending at once');
      target.exit(1);
      return;
    }
    signalled = true;
    logger.info({ signal, graceMs }, 'shutting down');
    timer = setTimeout(() => {
      logger.error({ graceMs }, 'not finished within the grace period, ending');
      target.exit(1);
    }, graceMs);
    timer.unref();
    ask(signal);
  };
  const onFatal = (error: unknown): void => {
    logger.fatal({ err: error }, 'nobody caught this error, ending');
    target.exit(1);
  };

  target.on('SIGTERM', onSignal);
  target.on('SIGINT', onSignal);
  target.on('uncaughtException', onFatal);
  target.on('unhandledRejection', onFatal);
  return {
    requested,
    isRequested: () => signalled,
    dispose: () => {
      clearTimeout(timer);
      target.off('SIGTERM', onSignal);
      target.off('SIGINT', onSignal);
      target.off('uncaughtException', onFatal);
      target.off('unhandledRejection', onFatal);
    },
  };
}
