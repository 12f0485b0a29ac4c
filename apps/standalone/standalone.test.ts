import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStandalone } from './standalone';

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(50);
}

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

  it('goes on after a trace of 9,200 spans with 4 MB of text, and a late span of it', async () => {
    const pipeline = await startStandalone({ dataDir, ports: free, settings: { INCOMPLETE_AFTER_SECONDS: '1' } });
    const traceId = 'c0ffee0798038103d269b633813fc60c';
    const send = async (spans: readonly object[]): Promise<void> => {
      const body = {
        resourceSpans: [
          {
            resource: { attributes: [{ key: 'service.name', value: { stringValue: 'batch' } }] },
            scopeSpans: [{ spans }],
          },
        ],
      };
      const response = await fetch(`${pipeline.otlpHttpUrl}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(200);
    };
    const span = (number: number) => ({
      traceId,
      spanId: (number + 1).toString(16).padStart(16, '0'),
      ...(number === 0 ? {} : { parentSpanId: '0000000000000001' }),
      name: 'step',
      kind: number === 0 ? 2 : 1,
      startTimeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
      endTimeUnixNano: String(BigInt(Date.now() + 5) * 1_000_000n),
      attributes: [{ key: 'query', value: { stringValue: `${number} `.repeat(90).slice(0, 440) } }],
    });
    try {
      const { traces: before } = pipeline.status();
      const all = Array.from({ length: 9200 }, (_, number) => span(number));
      for (let from = 0; from < all.length; from += 800) await send(all.slice(from, from + 800));
      await until(() => pipeline.status().traces > before);
      await send([span(20_000)]);
      // What comes after it is counted, so its revision was read.
      await sleep(1500);
      await send([{ ...span(0), traceId: 'deadbeef98038103d269b633813fc60c' }]);
      await until(() => pipeline.status().traces > before + 1);
      const ended = await Promise.race([pipeline.ended.then(() => 'ended', String), Promise.resolve('running')]);
      expect(ended).toBe('running');
    } finally {
      await pipeline.stop();
    }
  }, 60_000);

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
