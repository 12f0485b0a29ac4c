/** One service of the shop as a process. It is instrumented from outside, by `--require` and `OTEL_*` alone. */
import type { Server } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { liveWithParent, ownSeed, ownService, tellParent, type FromParent, type Ports } from '../messages';
import { routes } from '../services';
import { topology } from '../topology';
import { adminServer } from './admin';
import type { Peers } from './calls';
import { Service } from './service';

/** Longer than the exporter needs to send its last spans, shorter than the parent's patience. */
const shutdownMs = 1500;

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Stands in for the cluster's name service: every service is on this machine, told apart by its port. */
const toLoopback: LookupFunction = (_hostname, options, callback) => {
  if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
};

/** Services by their own names, as spans are to have them. */
function named(ports: Ports): Peers {
  return Object.fromEntries(Object.entries(ports).map(([host, port]) => [host, { host, port }]));
}

async function main(): Promise<void> {
  const name = ownService();
  const spec = topology.find((candidate) => candidate.name === name);
  if (spec === undefined) throw new Error(`${name} is not in the topology`);
  const service = new Service(spec, ownSeed());
  routes[name](service);
  const server = service.server();
  const admin = adminServer(name, service.faults);

  process.on('message', (message: FromParent) => {
    if (message.type !== 'connect') return;
    const { peers, databasePort } = message;
    const database = databasePort === undefined ? {} : { database: { host: '127.0.0.1', port: databasePort } };
    service.connect({ peers: named(peers), lookup: toLoopback, ...database }).then(
      () => tellParent({ type: 'ready' }),
      (error: unknown) => {
        console.error('could not connect:', error);
        process.exit(1);
      },
    );
  });
  process.once('SIGTERM', () => {
    service.faults.turnOff();
    for (const open of [server, admin]) {
      open.close();
      open.closeAllConnections();
    }
    service.close().catch((error: unknown) => console.error('could not close:', error));
    setTimeout(() => process.exit(0), shutdownMs).unref();
    // The channel to the parent would keep the process alive after its last span is sent.
    process.removeAllListeners('disconnect');
    process.disconnect();
  });
  liveWithParent();
  tellParent({ type: 'listening', port: await listen(server), adminPort: await listen(admin) });
}

void main();
