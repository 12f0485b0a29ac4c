import { createServer, type Server } from 'node:net';
import { freePorts } from './ports';

describe('freePorts', () => {
  it('gives ports that differ, can be listened on, and are not ephemeral', async () => {
    const ports = await freePorts(20);
    expect(new Set(ports).size).toBe(20);
    for (const port of ports) {
      expect(port).toBeLessThan(32_768);
      const server = await listen(port);
      server.close();
    }
  });

  it('gives no port twice, even to calls at the same time', async () => {
    const ports = (await Promise.all([freePorts(50), freePorts(50), freePorts(50)])).flat();
    expect(new Set(ports).size).toBe(150);
  });
});

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
