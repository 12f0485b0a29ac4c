import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStandalone } from './standalone';

const dataDir = mkdtempSync(join(tmpdir(), 'plumbline-standalone-'));
const free = { otlpGrpc: 0, otlpHttp: 0, console: 0 };
afterAll(() => {
  rmSync(dataDir, { recursive: true, force: true });
});

const request = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: '5b8efff798038103d269b633813fc60c',
              spanId: 'eee19b7ec3c1b174',
              name: 'GET /',
              kind: 2,
              startTimeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
              endTimeUnixNano: String(BigInt(Date.now() + 5) * 1_000_000n),
            },
          ],
        },
      ],
    },
  ],
};

describe('standalone', () => {
  it('takes a trace over HTTP, counts it, and shows so on its page', async () => {
    const pipeline = await startStandalone({ dataDir, ports: free });
    try {
      const response = await fetch(`${pipeline.otlpHttpUrl}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
      });
      expect(response.status).toBe(200);
      while (pipeline.status().traces === 0) await sleep(50);
      expect(await (await fetch(`${pipeline.consoleUrl}/incidents`)).text()).toContain('1 trace checked');
      expect(pipeline.incidents()).toEqual([]);
    } finally {
      await pipeline.stop();
    }
  }, 20_000);

  it('says which port is taken, and leaves nothing behind that would keep it from starting again', async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
    const { port } = squatter.address() as AddressInfo;
    for (const name of ['otlpHttp', 'otlpGrpc', 'console'] as const) {
      await expect(startStandalone({ dataDir, ports: { ...free, [name]: port } })).rejects.toThrow(
        new RegExp(`^port ${port} for .* is taken`),
      );
    }
    await new Promise((resolve) => squatter.close(resolve));
    await (await startStandalone({ dataDir, ports: free })).stop();
  }, 20_000);
});
