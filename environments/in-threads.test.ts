import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';

const run = promisify(execFile);

describe('Work in two threads', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'threads-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** A program that makes a file for each of twenty, exclusively, and fails at one. */
  async function program(failing = -1, extension = 'js'): Promise<void> {
    const outfile = join(folder, `program.${extension}`);
    const contents = `
      import { writeFileSync } from 'node:fs';
      import { threadId } from 'node:worker_threads';
      import { inTwoThreads } from './in-threads';
      const all = Array.from({ length: 20 }, (_, index) => index);
      inTwoThreads(__filename, all, (each) => {
        if (each === ${failing}) throw new Error('fails');
        const until = Date.now() + 50;
        while (Date.now() < until);
        writeFileSync('${folder}/' + each + '.' + threadId, '', { flag: 'wx' });
      });`;
    buildSync({ stdin: { contents, resolveDir: __dirname, loader: 'ts' }, bundle: true, platform: 'node', outfile });
    await run(process.execPath, [outfile]);
  }

  const done = () => readdirSync(folder).filter((name) => !name.startsWith('program'));
  const which = () => done().map((name) => Number(name.split('.')[0]));

  it('is done once each', async () => {
    await program();
    expect(which().sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  it('is done by one where the program cannot be run anew', async () => {
    await program(-1, 'cjs');
    expect(which()).toHaveLength(20);
    expect(new Set(done().map((name) => name.split('.')[1]))).toEqual(new Set(['0']));
  });

  it.each([0, 19])('fails if the work at %d does, whoever does it', async (failing) => {
    await expect(program(failing)).rejects.toThrow('fails');
  });
});
