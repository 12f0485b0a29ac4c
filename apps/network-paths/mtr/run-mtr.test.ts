import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureByMtr } from './run-mtr';

const report = JSON.stringify({
  report: { hubs: [{ count: 1, host: '192.0.2.1', 'Loss%': 0, Snt: 1, Avg: 1, Best: 1, Wrst: 1, StDev: 0 }] },
});

describe('Starting mtr', () => {
  const homes: string[] = [];
  afterAll(() => {
    for (const home of homes) rmSync(home, { recursive: true });
  });

  /** A program in the place of mtr. */
  function measuring(script: string, timeoutMs = 20_000) {
    const home = mkdtempSync(join(tmpdir(), 'plumbline-mtr-'));
    homes.push(home);
    mkdirSync(join(home, 'bin'));
    writeFileSync(join(home, 'bin', 'mtr'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(home, 'bin', 'mtr'), 0o755);
    const stop = new AbortController();
    const measure = measureByMtr({ home, packets: 5, maxHops: 12, timeoutMs });
    return { stop, measured: () => measure('192.0.2.1', stop.signal) };
  }

  it('gives it the address after all options, and of the environment nothing', async () => {
    process.env.PLUMBLINE_TEST_SECRET = 'hidden';
    const script = `[ "$PLUMBLINE_TEST_SECRET" = '' ] || exit 9
      [ "$*" = '--json --no-dns --report-cycles 5 --gracetime 3 --max-ttl 12 --max-unknown 12 -- 192.0.2.1' ] || exit 8
      echo '${report}'`;
    await expect(measuring(script).measured()).resolves.toMatchObject({ reached: true });
    delete process.env.PLUMBLINE_TEST_SECRET;
  });

  it.each([
    ['fails', 'echo "Permission denied" >&2; echo again >&2; exit 1', 'exited with 1: Permission denied; again'],
    ['says that it did its work, and did not', 'echo "Failed to resolve" >&2', 'exited with 0: Failed to resolve'],
    ['prints something else', 'echo hello', 'no JSON'],
    ['does not end with what it prints', 'while :; do echo 0123456789012345678901234567890123456789; done', 'SIGKILL'],
  ])('fails where it %s', async (_, script, problem) => {
    await expect(measuring(script).measured()).rejects.toMatchObject({
      kind: 'failed',
      message: expect.stringContaining(problem) as string,
    });
  });

  it('fails where there is no mtr', async () => {
    const measure = measureByMtr({ home: '/nowhere', packets: 1, maxHops: 1 });
    await expect(measure('192.0.2.1', new AbortController().signal)).rejects.toThrow('could not be started');
  });

  it('ends one that does not end, with what it has started', async () => {
    await expect(measuring('sleep 600 & sleep 600', 100).measured()).rejects.toMatchObject({ kind: 'timeout' });
  });

  it('ends when it is told to', async () => {
    const { stop, measured } = measuring('sleep 600');
    const measurement = measured();
    stop.abort();
    await expect(measurement).rejects.toThrow('SIGKILL');
  });
});
