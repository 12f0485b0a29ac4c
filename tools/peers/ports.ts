import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below every system's range of ephemeral ports (Linux begins at 32768, macOS at 49152): a port from that range may be
 * taken by an outgoing connection while its server restarts, and a client that keeps dialling it can connect to itself.
 */
const lowest = 12_000;
const highest = 32_000;

const handedOut = new Set<number>();

/**
 * Ports on which nothing listens on loopback, each given once to this process.
 *
 * @param count how many; they are not necessarily adjacent
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = randomInt(lowest, highest);
    if (handedOut.has(port)) continue;
    // Before the look at it, during which another call may draw the same one.
    handedOut.add(port);
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

/** A port on which nothing listens on loopback. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  if (port === undefined) throw new RangeError('freePorts(1) gave no port');
  return port;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
