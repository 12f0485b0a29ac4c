import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from './processes';
import { startShop } from './shop';

/** Nobody listens there; a shop must not mind. */
const otlpEndpoint = 'http://127.0.0.1:9';

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Resolves when none of the processes is left; the test's own time limit is the limit. */
async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some(alive)) await sleep(50);
}

describe('a shop', () => {
  it('runs and stops without anybody to send its spans to', async () => {
    const shop = await startShop({ otlpEndpoint, rate: 20 });
    const { pids } = shop;
    expect(pids).toHaveLength(9);
    expect(pids.every(alive)).toBe(true);
    while (shop.stats().ok < 20) await sleep(100);
    await Promise.all([shop.stop(), shop.stop()]);
    expect(pids.filter(alive)).toEqual([]);
  });

  it('reports a service that dies, with the end of its log', async () => {
    const crashes: Progress[] = [];
    const shop = await startShop({
      otlpEndpoint,
      rate: 0,
      onProgress: (progress) => {
        if (progress.kind === 'crashed') crashes.push(progress);
      },
    });
    try {
      const payment = shop.services.find(({ name }) => name === 'payment');
      process.kill(payment?.pid ?? -1, 'SIGKILL');
      while (crashes.length === 0) await sleep(50);
      expect(crashes).toMatchObject([{ error: { code: 'DEMO_CHILD_EXITED' } }]);
      expect(crashes[0]).toHaveProperty(
        'error.message',
        expect.stringMatching(/^payment ended by SIGKILL; .*payment\.log/),
      );
    } finally {
      await shop.stop();
    }
  });

  it('leaves nothing running when it does not start in time', async () => {
    const children = (): string[] => process.getActiveResourcesInfo().filter((resource) => resource === 'ProcessWrap');
    const before = children();
    await expect(startShop({ otlpEndpoint, startTimeoutMs: 200 })).rejects.toMatchObject({
      code: 'DEMO_START_TIMEOUT',
    });
    // A handle outlives its process by a turn of the event loop.
    while (children().length > before.length) await sleep(10);
  });

  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('ends with its parent when that gets a %s', async (signal) => {
    const script = `require(${JSON.stringify(join(__dirname, 'index.ts'))})
      .startShop({ otlpEndpoint: '${otlpEndpoint}', rate: 20 })
      .then((shop) => console.log(JSON.stringify(shop.pids)))`;
    const parent = spawn(process.execPath, ['--require', require.resolve('tsx/cjs'), '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
    const pids = JSON.parse(line) as number[];
    expect(pids.every(alive)).toBe(true);
    parent.kill(signal);
    await gone(pids);
  });

  it.each([
    ['a rate below zero', { otlpEndpoint, rate: -1 }],
    ['a rate that is no number', { otlpEndpoint, rate: NaN }],
    ['an endpoint that is no URL', { otlpEndpoint: 'nowhere' }],
  ])('refuses %s', async (_what, options) => {
    await expect(startShop(options)).rejects.toMatchObject({ code: 'DEMO_INVALID_OPTION' });
  });
});
