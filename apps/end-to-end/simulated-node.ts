import type { Certificate } from '@plumbline/tools/peers';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

/** Of the protocol in which a client of Kubernetes forwards ports: a channel of data and one of errors. */
const protocol = 'v4.channel.k8s.io';
const dataChannel = 0;
const errorChannel = 1;

/**
 * What a kubelet does of port forwarding: the API server, which has let the client in, hands the connection on to it. Each port of a
 * pod is one on loopback.
 */
export class SimulatedNode {
  /** Ports on loopback by `namespace/pod:port`. */
  readonly ports = new Map<string, number>();
  private constructor(
    readonly port: number,
    readonly stop: () => Promise<void>,
  ) {}

  static async listen(certificate: Certificate): Promise<SimulatedNode> {
    const [cert, key] = await Promise.all([readFile(certificate.certificateFile), readFile(certificate.keyFile)]);
    const server = createServer({ cert, key });
    const sockets = new WebSocketServer({
      server,
      handleProtocols: (offered) => (offered.has(protocol) ? protocol : false),
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const node = new SimulatedNode((server.address() as AddressInfo).port, async () => {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    sockets.on('connection', (socket, request) => node.forward(socket, new URL(request.url ?? '', 'https://node')));
    return node;
  }

  private forward(socket: WebSocket, { pathname, searchParams }: URL): void {
    const [, , namespace = '', pod = ''] = pathname.split('/');
    const port = Number(searchParams.get('port'));
    const frame = (channel: number, bytes: Buffer) => Buffer.concat([Buffer.from([channel]), bytes]);
    const number = Buffer.alloc(2);
    number.writeUInt16LE(port);
    for (const channel of [dataChannel, errorChannel]) socket.send(frame(channel, number));
    const local = this.ports.get(`${namespace}/${pod}:${port}`);
    if (local === undefined) {
      socket.send(frame(errorChannel, Buffer.from(`nothing listens on port ${port} of ${namespace}/${pod}`)));
      return;
    }
    const target = connect({ host: '127.0.0.1', port: local });
    target.on('data', (bytes) => socket.send(frame(dataChannel, bytes)));
    target.on('close', () => socket.close());
    target.on('error', () => socket.close());
    socket.on('message', (message: Buffer) => {
      if (message[0] === dataChannel) target.write(message.subarray(1));
    });
    socket.on('close', () => target.destroy());
  }
}
