import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** The end of a program, asked for from outside. */
export interface Ending {
  /** Resolves with the first SIGTERM or SIGINT. */
  readonly requested: Promise<void>;
  isRequested(): boolean;
}

/** Listens for the end; a second signal ends the process at once. */
export function listenForEnd(): Ending {
  let requested = false;
  const promise = new Promise<void>((resolve) => {
    const onSignal = (): void => {
      if (requested) process.exit(1);
      requested = true;
      resolve();
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
  return { requested: promise, isRequested: () => requested };
}

/** Listens on every address of the pod. */
export async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, resolve);
  });
}

/**
 * Answers what comes for a while longer, each answer with the request to connect elsewhere, as endpoints leave the cluster's
 * Services only some time after the signal; then takes nothing more and waits for the answers under way.
 */
export async function drain(server: Server, drainMs: number): Promise<void> {
  server.prependListener('request', (_request, response) => {
    response.setHeader('connection', 'close');
  });
  await sleep(drainMs);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const timer = setInterval(() => server.closeIdleConnections(), 50);
  await closed;
  clearInterval(timer);
}

const retryMs = 1000;

/**
 * Tries until it succeeds or the end is requested: in a cluster things start in any order.
 *
 * @returns whether it succeeded
 */
export async function eventually(what: string, attempt: () => Promise<void>, ending: Ending): Promise<boolean> {
  let told = false;
  while (!ending.isRequested()) {
    try {
      await attempt();
      return true;
    } catch (error) {
      if (!told) console.error(`waiting for ${what}:`, error instanceof Error ? error.message : error);
      told = true;
      await Promise.race([sleep(retryMs), ending.requested]);
    }
  }
  return false;
}
