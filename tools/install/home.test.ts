import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalog } from './catalog';
import { CommandFailedError } from './errors';
import { pinHash, ToolsHome } from './home';
import type { Tool } from './tool';
import { installTool } from './workshop';

const etcd: Tool = catalog.etcd;

describe('pinHash', () => {
  it('is the same for the same pins', () => {
    expect(pinHash({ ...etcd })).toBe(pinHash(etcd));
  });

  it.each<[string, Partial<Tool>]>([
    ['version', { version: '0.0.1' }],
    ['compiler flags', { recipe: [...etcd.recipe, '-race'] }],
    ['pin files', { pins: ['etcd/go.mod'] }],
    ['outputs', { outputs: ['bin/other'] }],
  ])('changes with the %s', (_what, change) => {
    expect(pinHash({ ...etcd, ...change })).not.toBe(pinHash(etcd));
  });
});

describe('An installation', () => {
  let directory: string;
  let home: ToolsHome;
  const greeting: Tool = {
    name: 'greeting',
    version: '1',
    clients: [],
    pins: [],
    recipe: [],
    outputs: ['greeting'],
    estimate: 'no time',
    install: ({ home, run }) => run('sh', ['-c', `echo hello; touch "$0"`, home.path('greeting')]),
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tools-home-'));
    home = new ToolsHome(directory);
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is there afterwards, and not before', async () => {
    expect(home.isInstalled(greeting)).toBe(false);
    await installTool(greeting, home);
    expect(home.isInstalled(greeting)).toBe(true);
  });

  it('counts for nothing once its pins change', async () => {
    await installTool(greeting, home);
    expect(home.isInstalled({ ...greeting, version: '2' })).toBe(false);
  });

  it('counts for nothing once an output is gone', async () => {
    await installTool(greeting, home);
    await rm(home.path('greeting'));
    expect(home.isInstalled(greeting)).toBe(false);
  });

  it('is not there if a program failed, even if it left its output', async () => {
    await writeFile(home.path('greeting'), '');
    const failing: Tool = { ...greeting, install: ({ run }) => run('sh', ['-c', 'exit 4']) };
    await expect(installTool(failing, home)).rejects.toThrow(CommandFailedError);
    expect(home.isInstalled(failing)).toBe(false);
  });
});
