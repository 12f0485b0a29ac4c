import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Autoencoder } from './autoencoder';
import { factorRows } from './testing';

const bundler = pathToFileURL(join(__dirname, '..', '..', 'cli', 'bundle.mjs')).href;

/** What a command does that loads a model: its files from a folder, rows from standard input. */
const program = `
import { readFileSync } from 'node:fs';
import { Autoencoder, autoencoderFiles } from './apps/models/autoencoder';
const [values, width] = JSON.parse(readFileSync(0, 'utf8'));
const files = new Map(Object.values(autoencoderFiles).map((name) => [name, readFileSync(name.replace('/', '-'))]));
void Autoencoder.load(files).then((autoencoder) => {
  const features = { rows: values.length / width, width, values: Float32Array.from(values, (value) => value ?? NaN) };
  console.log(JSON.stringify([...autoencoder.score(features)]));
});
`;

describe('A bundle', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'plumbline-bundled-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('that lies where no package is loads an autoencoder and gives the same scores', async () => {
    const build = `
import { build } from 'esbuild';
const { copyWasm, root, settings } = await import(${JSON.stringify(bundler)});
const stdin = { contents: ${JSON.stringify(program)}, resolveDir: root, loader: 'ts' };
await build({ ...settings, stdin, outfile: process.argv[1] + '/program.js' });
copyWasm(process.argv[1]);`;
    const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', build, folder], {
      cwd: __dirname,
      stdio: 'pipe',
    });
    expect(printed.toString()).toBe('');
    expect(readdirSync(folder).sort()).toEqual(['program.js', 'tfjs-backend-wasm-simd.wasm']);

    const { autoencoder } = await Autoencoder.train(factorRows(300, 1), { epochs: 1 });
    for (const [name, bytes] of autoencoder.files()) writeFileSync(join(folder, name.replace('/', '-')), bytes);
    const unseen = factorRows(5, 2);
    const run = () =>
      execFileSync(process.execPath, ['program.js'], {
        cwd: folder,
        input: JSON.stringify([[...unseen.values], unseen.width]),
        stdio: 'pipe',
      });
    expect(JSON.parse(run().toString())).toEqual([...autoencoder.score(unseen)]);

    rmSync(join(folder, 'tfjs-backend-wasm-simd.wasm'));
    expect(run).toThrow(/tfjs-backend-wasm/);
  });
});
