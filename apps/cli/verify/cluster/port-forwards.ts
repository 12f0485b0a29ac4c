import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Writable } from 'node:stream';

/** What is used of a forwarded connection. */
export interface ForwardedConnection {
  close(): void;
  on(event: 'close', listener: () => void): unknown;
}

/** Opens a connection to a port of a pod and joins a socket to it; what goes wrong in the pod is written to `errors`. */
export type Forward = (
  namespace: string,
  pod: string,
  port: number,
  socket: Socket,
  errors: Writable,
) => Promise<ForwardedConnection>;

/** At once, over one port. */
const maxConnections = 64;

/** Ports on loopback, each a port of a pod. Every connection to it is one of its own to the API server. */
export class PortForwards {
  private readonly servers = new Map<string, Promise<Server>>();
  private readonly sockets = new Set<Socket>();

  constructor(private readonly forward: Forward) {}

  /**
   * The port on loopback that is this port of the pod; the same one each time.
   *
   * @param preferred the port on loopback where it is free; 0 takes any
   */
  async open(namespace: string, pod: string, port: number, preferred = 0): Promise<number> {
    const key = `${namespace}/${pod}:${port}`;
    const opening = this.servers.get(key) ?? this.listen(namespace, pod, port, preferred);
    this.servers.set(key, opening);
    return ((await opening).address() as AddressInfo).port;
  }

  /** Ends every connection and frees the ports. */
  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    const servers = await Promise.all(this.servers.values());
    this.servers.clear();
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  private listen(namespace: string, pod: string, port: number, preferred: number): Promise<Server> {
    const server = createServer((socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      // Whoever connected sees that it ended.
      socket.on('error', () => undefined);
      const errors = new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          // The client hands on an empty chunk when the channel opens.
          if (chunk.length > 0) socket.destroy();
          done();
        },
      });
      this.forward(namespace, pod, port, socket, errors).then(
        (connection) => {
          connection.on('close', () => socket.destroy());
          socket.on('close', () => connection.close());
          if (socket.destroyed) connection.close();
        },
        () => socket.destroy(),
      );
    });
    server.maxConnections = maxConnections;
    return new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        if (preferred === 0 || !isTaken(error)) reject(error);
        else this.listen(namespace, pod, port, 0).then(resolve, reject);
      });
      server.listen(preferred, '127.0.0.1', () => resolve(server));
    });
  }
}

/** Somebody else's, or one that only the administrator may listen on. */
function isTaken({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EADDRINUSE' || code === 'EACCES';
}
