/** One service of the shop as a container: configured by its environment, instrumented from outside as on a laptop. */
import { drain, eventually, listen, listenForEnd } from '../deployed/lifecycle';
import { serviceSettings, type Environment } from '../deployed/settings';
import { DemoError } from '../errors';
import { routes } from '../services';
import { isServiceName, serviceNames, topology } from '../topology';
import { adminServer } from './admin';
import { Service } from './service';

/**
 * Serves until a signal, and until what was begun is answered.
 *
 * @throws DemoError if there is no such service, or its environment is not what it should be
 */
export async function run(environment: Environment, name = ''): Promise<void> {
  const spec = topology.find((candidate) => candidate.name === name);
  if (!isServiceName(name) || spec === undefined)
    throw new DemoError('DEMO_UNKNOWN_SERVICE', `no service is called '${name}'; there are ${serviceNames.join(', ')}`);
  const { port, adminPort, seed, drainMs, ...surroundings } = serviceSettings(spec, environment);
  const ending = listenForEnd();
  const service = new Service(spec, seed);
  routes[name](service);
  const server = service.server();
  let ready = false;
  const admin = adminServer(name, service.faults, () => ready);
  await listen(admin, adminPort);
  if (await eventually('the database', () => service.connect(surroundings), ending)) {
    await listen(server, port);
    ready = true;
    await ending.requested;
    ready = false;
    service.faults.turnOff();
    await drain(server, drainMs);
  }
  await service.close();
  admin.close();
  admin.closeAllConnections();
}
