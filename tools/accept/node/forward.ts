import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';

/** A door through which the cluster reaches a server of this machine that listens on loopback. */
export interface Forward {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Passes connections on.
 *
 * @param target `host:port`
 * @throws {Error} of the system if the port is taken
 */
export async function forward(host: string, port: number, target: string): Promise<Forward> {
  const [targetHost = '', targetPort = ''] = target.split(':');
  const open = new Set<{ destroy(): void }>();
  const server = createServer((from) => {
    const to = connect(Number(targetPort), targetHost);
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}
