import { runProgram } from '@plumbline/tools';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { homeOf } from '../peers/installed';

const workflows = join(__dirname, '..', '..', '.github', 'workflows');

/** What has been used against others: an action by a tag that can be moved, and a title of anybody's in a shell. */
const dangerous = `name: dangerous
on: pull_request_target
jobs:
  all:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - run: echo "\${{ github.event.pull_request.title }}"
`;

describe('The workflows', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'workflows-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const zizmor = (path: string) =>
    runProgram(homeOf('zizmor').path('zizmor', 'bin', 'zizmor'), [
      '--offline',
      '--persona=pedantic',
      '--no-progress',
      path,
    ]);

  it('are accepted by zizmor', async () => {
    const { stdout } = await zizmor(workflows);
    expect(stdout).toContain('No findings to report');
  });

  it('are looked at: it refuses one that is dangerous', async () => {
    const file = join(folder, 'dangerous.yml');
    await writeFile(file, dangerous);
    const refused = zizmor(file);
    await expect(refused).rejects.toThrow('template-injection');
    await expect(refused).rejects.toThrow('dangerous-triggers');
    await expect(refused).rejects.toThrow('unpinned-uses');
  });
});
