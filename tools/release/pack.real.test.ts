import { runProgram } from '@plumbline/tools';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { version } from '../../package.json';
import { packRelease, type PackedPackage } from './pack';

describe('The packages of a release', () => {
  let folder: string;
  let library: PackedPackage;
  let command: PackedPackage;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'release-'));
    const [first, second] = await packRelease(join(folder, 'packed'), 'owner/repository');
    if (first === undefined || second === undefined) throw new Error('two packages were expected');
    [library, command] = [first, second];
    await runProgram('npm', ['init', '--yes'], { cwd: folder });
    const quietly = ['--ignore-scripts', '--no-audit', '--no-fund'];
    await runProgram('npm', ['install', ...quietly, command.file], { cwd: folder, timeoutMs: 240_000 });
  }, 300_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function manifestOf({ file }: PackedPackage): Promise<Record<string, unknown>> {
    const { stdout } = await runProgram('tar', ['-xzOf', file, 'package/package.json']);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  it('are the library and the command, with nothing of this repository’s own', async () => {
    expect([library.name, command.name]).toEqual(['plumbline', 'plumbline-cli']);
    for (const each of [library, command]) {
      const manifest = await manifestOf(each);
      expect(manifest).toMatchObject({
        version,
        license: 'Apache-2.0',
        repository: { url: 'git+https://github.com/owner/repository.git' },
        publishConfig: { access: 'public' },
      });
      expect(Object.keys(manifest)).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^(private|scripts|workspaces|devDependencies|overrides)$/)]),
      );
    }
    expect((await manifestOf(library)).dependencies).toEqual({ '@grafana/grafana-foundation-sdk': '0.0.21' });
  });

  it('say what the command is made of: what is in its bundle, and what is installed with it', async () => {
    const { components } = JSON.parse(await readFile(join(folder, 'packed', 'plumbline-cli.cdx.json'), 'utf8')) as {
      components: { name: string; version: string; licenses?: unknown }[];
    };
    const names = components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['kafkajs', '@aws-sdk/client-s3', 'commander', 'snappy', 'express']));
    for (const developed of ['jest', 'esbuild', 'typescript', 'cdk8s']) expect(names).not.toContain(developed);
    expect(components.filter(({ licenses }) => licenses === undefined)).toEqual([]);
  });

  it('have a command that runs in an empty folder', async () => {
    const run = (...args: readonly string[]) =>
      runProgram('npx', ['--no-install', 'plumbline', ...args], { cwd: folder });
    expect((await run('--version')).stdout.trim()).toBe(version);
    expect((await run('demo', '--help')).stdout).toContain('break one service of a sample shop');
    // This loads the compiled shop.
    expect((await run('demo', '--list')).stdout).toContain('payment');
    expect((await run('run', 'preprocessing', 'settings')).stdout).toContain('MERGEABLE_FOR_SECONDS');
  });

  it('install what the command needs and nothing of its bundle again', async () => {
    const installed = JSON.parse(
      await readFile(join(folder, 'node_modules', 'plumbline-cli', 'package.json'), 'utf8'),
    ) as {
      dependencies: Record<string, string>;
    };
    expect(Object.keys(installed.dependencies)).toEqual(expect.arrayContaining(['snappy', 'parquet-wasm', 'pg']));
    for (const bundled of ['kafkajs', '@aws-sdk/client-s3', 'apache-arrow', 'tsx']) {
      expect(Object.keys(installed.dependencies)).not.toContain(bundled);
    }
    const native = `require('module').createRequire(require.resolve('plumbline-cli/plumbline.js'))`;
    const script = `const load = ${native}; console.log(load('snappy').compressSync('a').length, typeof load('parquet-wasm').readParquet)`;
    const { stdout } = await runProgram(process.execPath, ['-e', script], { cwd: folder });
    expect(stdout.trim()).toBe('3 function');
  });
});
