import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builderCommands, checkBuild, findBuilder, type Build } from './builders';
import { output } from './commands';
import { platforms } from './platforms';

const reference = 'registry.example.org/team/plumbline-workers:0.1.0';
const [amd64] = platforms;
const build: Build = {
  reference,
  platforms: platforms.slice(0, 1),
  context: 'context',
  dockerfile: 'Dockerfile',
  labels: { title: 'workers' },
  push: false,
  attest: false,
};
const common = (list: string) => ['--platform', list, '--file', 'Dockerfile', '--label', 'title=workers'];
const one = common('linux/amd64');
const both = common('linux/amd64,linux/arm64');

describe('docker', () => {
  const commandsOf = (change: Partial<Build>) => builderCommands.docker({ ...build, ...change });
  const start = ['docker', 'buildx', 'build'];

  it('keeps one platform, or saves it', () => {
    const kept = [...start, ...one, '--tag', reference, '--provenance=false', '--load', 'context'];
    expect(commandsOf({})).toEqual([kept]);
    expect(commandsOf({ file: 'a.tar' })).toEqual([kept, ['docker', 'save', '--output', 'a.tar', reference]]);
  });

  it('writes both platforms, or pushes them with what attests them', () => {
    expect(commandsOf({ platforms, file: 'a.tar' })).toEqual([
      [...start, ...both, '--tag', reference, '--provenance=false', '--output', 'type=oci,dest=a.tar', 'context'],
    ]);
    expect(commandsOf({ platforms, push: true, attest: true })).toEqual([
      [...start, ...both, '--tag', reference, '--provenance=mode=max', '--sbom=true', '--push', 'context'],
    ]);
  });
});

describe.each(['podman', 'buildah'] as const)('%s', (program) => {
  const commandsOf = (change: Partial<Build>) => builderCommands[program]({ ...build, ...change });

  it('keeps one platform, and pushes or saves it', () => {
    expect(commandsOf({ push: true, file: 'a.tar' })).toEqual([
      [program, 'build', ...one, '--tag', reference, 'context'],
      [program, 'push', reference, `docker://${reference}`],
      [program, 'push', reference, `docker-archive:a.tar:${reference}`],
    ]);
  });

  it('puts both platforms into a new manifest', () => {
    const [clear, ...rest] = commandsOf({ platforms, push: true, file: 'a.tar' });
    expect(clear?.join(' ')).toContain(`${program} manifest rm`);
    expect(rest).toEqual([
      [program, 'build', ...both, '--manifest', reference, 'context'],
      [program, 'manifest', 'push', '--all', reference, `docker://${reference}`],
      [program, 'manifest', 'push', '--all', reference, `oci-archive:a.tar:${reference}`],
    ]);
  });
});

describe('What cannot be', () => {
  it.each([
    ['docker keeping two platforms', 'docker', { platforms }, 'keeps only one platform: add --push or --output'],
    ['docker pushing and writing two', 'docker', { platforms, push: true, file: 'a' }, 'not both at once'],
    ['attesting what stays here', 'docker', { attest: true }, '--attest needs'],
    ['attesting without docker', 'podman', { attest: true, push: true }, 'podman attests nothing'],
  ] as const)('is said before anything is built: %s', (_what, builder, change, says) => {
    expect(() => checkBuild(builder, { ...build, ...change })).toThrow(says);
  });

  it('is not what can be', () => {
    expect(amd64?.name).toBe('linux/amd64');
    checkBuild('docker', build);
    checkBuild('docker', { ...build, platforms, push: true, attest: true });
    checkBuild('podman', { ...build, platforms, push: true, file: 'a.tar' });
  });
});

describe('The builder', () => {
  const path = process.env.PATH;
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'builders-'));
    process.env.PATH = folder;
  });
  afterEach(async () => {
    process.env.PATH = path;
    await rm(folder, { recursive: true });
  });

  async function provide(program: string, exitCode: number): Promise<void> {
    await writeFile(join(folder, program), `#!/bin/sh\nexit ${exitCode}\n`);
    await chmod(join(folder, program), 0o755);
  }
  const find = () =>
    findBuilder((command) =>
      output(command).then(
        () => true,
        () => false,
      ),
    );

  it('is the first that works, and a client of docker without a server does not', async () => {
    await provide('docker', 1);
    await provide('buildah', 0);
    await expect(find()).resolves.toBe('buildah');
    await provide('docker', 0);
    await expect(find()).resolves.toBe('docker');
  });

  it('is our own where there is none', async () => {
    await expect(find()).resolves.toBe('archive');
  });
});
