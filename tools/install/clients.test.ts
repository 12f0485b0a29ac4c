import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireClients } from './clients';
import { ClientsMissingError } from './errors';

describe('requireClients', () => {
  const path = process.env.PATH;
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'clients-'));
    process.env.PATH = directory;
  });
  afterEach(async () => {
    process.env.PATH = path;
    await rm(directory, { recursive: true });
  });

  /** Puts a program on the path that prints this. */
  async function provide(name: string, prints: string, exitCode = 0): Promise<void> {
    const file = join(directory, name);
    await writeFile(file, `#!/bin/sh\necho '${prints}' >&2\nexit ${exitCode}\n`);
    await chmod(file, 0o755);
  }

  it('is content with clients that are recent enough', async () => {
    await provide('go', 'go version go1.26.8 linux/amd64');
    await provide('java', 'openjdk version "17.0.15" 2025-04-15');
    await expect(requireClients(['go', 'java', 'go'])).resolves.toBeUndefined();
  });

  it('names every client that is missing, once, with what to install', async () => {
    const missing = requireClients(['mvn', 'go', 'mvn']);
    await expect(missing).rejects.toThrow(ClientsMissingError);
    await expect(missing).rejects.toMatchObject({
      problems: [
        'mvn is not installed: install Apache Maven 3.6 or later (Debian: maven)',
        expect.stringContaining('go is not installed: install Go 1.26 or later'),
      ],
    });
  });

  it('names a client that is too old', async () => {
    await provide('java', 'openjdk version "11.0.2" 2019-01-15');
    await expect(requireClients(['java'])).rejects.toThrow('java 11.0 is too old: install Java 17 or later');
  });

  it('says how a client fails', async () => {
    await provide('python3', 'No module named ensurepip', 1);
    await expect(requireClients(['python3'])).rejects.toThrow(
      'python3 does not work (No module named ensurepip): install Python 3.10 or later with venv',
    );
  });
});
