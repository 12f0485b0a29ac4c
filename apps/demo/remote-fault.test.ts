import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { seededRandom } from './prng';
import { faultSwitch } from './remote-fault';
import { adminServer } from './service/admin';
import { FaultSwitch } from './service/fault-switch';

describe('the admin port of a service', () => {
  let ready = false;
  const faults = new FaultSwitch('payment', seededRandom(1));
  const server = adminServer('payment', faults, () => ready);
  let url = '';

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  it('is asked for what is on, and switches it', async () => {
    const remote = faultSwitch(url);
    expect(await remote.state()).toEqual({ service: 'payment', active: null });
    const active = { name: 'errors', parameters: { share: 0.5 } };
    expect(await remote.turnOn({ name: 'errors', share: 0.5 })).toEqual({ service: 'payment', active });
    expect(faults.active).toEqual(active);
    expect(await remote.turnOff()).toEqual({ service: 'payment', active: null });
  });

  it('refuses what cannot be, and says so', async () => {
    await expect(faultSwitch(url).turnOn({ name: 'missing-call', share: 1 })).rejects.toMatchObject({
      code: 'DEMO_INJECTION_REFUSED',
      message: expect.stringContaining('missing-call cannot hit payment') as string,
    });
    await expect(faultSwitch('http://127.0.0.1:9').state()).rejects.toMatchObject({ code: 'DEMO_UNREACHABLE' });
  });

  it('tells that the service is alive from the start, and ready when it is', async () => {
    const statusOf = async (path: string) => (await fetch(`${url}${path}`)).status;
    expect([await statusOf('/healthz'), await statusOf('/readyz')]).toEqual([200, 503]);
    ready = true;
    expect([await statusOf('/healthz'), await statusOf('/readyz'), await statusOf('/')]).toEqual([200, 200, 404]);
  });
});
