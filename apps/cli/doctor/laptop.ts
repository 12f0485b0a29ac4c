import { createServer } from 'node:net';

/** This machine, as far as checks look at it. */
export interface Laptop {
  /** `20.20.2`. */
  readonly nodeVersion: string;
  /** Whether a port on loopback can be listened on. */
  isFree(port: number): Promise<boolean>;
  /** Whether what listens on a port takes OTLP over HTTP. */
  takesTraces(port: number): Promise<boolean>;
}

const probeMs = 1_500;

/** The machine that this runs on. */
export const thisMachine: Laptop = {
  nodeVersion: process.versions.node,
  isFree: (port) =>
    new Promise((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    }),
  takesTraces: async (port) => {
    try {
      const url = `http://127.0.0.1:${port}/v1/traces`;
      const answer = await fetch(url, { signal: AbortSignal.timeout(probeMs) });
      // Whoever takes traces wants them posted: the collector and plumbline both say so.
      return answer.status === 405;
    } catch {
      return false;
    }
  },
};
