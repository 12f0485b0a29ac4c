/** One service of the shop as a process. It is instrumented from outside, by `--require` and `OTEL_*` alone. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { liveWithParent, ownSeed, ownService, tellParent, type FromParent } from '../messages';
import { routes } from '../services';
import { topology } from '../topology';
import { adminServer } from './admin';
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
    service.connect(message).then(
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
