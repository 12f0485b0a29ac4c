import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ClientsMissingError } from './errors';
import { pinsDirectory } from './home';

const execute = promisify(execFile);

interface Client {
  readonly args: readonly string[];
  /** Finds major and minor version in what it prints. */
  readonly version: RegExp;
  readonly minimum: readonly [major: number, minor: number];
  readonly install: string;
  /** @default - the current folder */
  readonly cwd?: string;
}

const clients = {
  go: {
    args: ['version'],
    version: /go(\d+)\.(\d+)/,
    minimum: [1, 26],
    install: 'Go 1.26 or later from https://go.dev/dl/ (any from 1.21 with GOTOOLCHAIN=auto)',
    // In a module folder an older go with GOTOOLCHAIN=auto answers with the version that it switches to.
    cwd: join(pinsDirectory, 'etcd'),
  },
  java: {
    args: ['-version'],
    version: /version "(\d+)(?:\.(\d+))?/,
    minimum: [17, 0],
    install: 'Java 17 or later (Debian: openjdk-17-jre-headless)',
  },
  mvn: {
    args: ['--batch-mode', '--version'],
    version: /Apache Maven (\d+)\.(\d+)/,
    minimum: [3, 6],
    install: 'Apache Maven 3.6 or later (Debian: maven)',
  },
  python3: {
    args: ['-c', 'import ensurepip, platform; print("Python", platform.python_version())'],
    version: /Python (\d+)\.(\d+)/,
    minimum: [3, 10],
    install: 'Python 3.10 or later with venv (Debian: python3-venv)',
  },
  openssl: {
    args: ['version'],
    version: /SSL (\d+)\.(\d+)/,
    minimum: [1, 1],
    install: 'OpenSSL 1.1 or later (Debian: openssl)',
  },
  'apt-get': {
    args: ['--version'],
    version: /apt (\d+)\.(\d+)/,
    minimum: [2, 0],
    install: 'these tools on Debian or Ubuntu, whose packages they are',
  },
  'dpkg-deb': {
    args: ['--version'],
    version: /version (\d+)\.(\d+)/,
    minimum: [1, 19],
    install: 'these tools on Debian or Ubuntu, whose packages they are',
  },
} as const satisfies Record<string, Client>;

/** Programs of this machine through which tools are installed or run. */
export type ClientName = keyof typeof clients;

/**
 * Makes sure that each client answers and is recent enough.
 *
 * @throws {ClientsMissingError} naming every one that is not, and what to install
 */
export async function requireClients(names: Iterable<ClientName>): Promise<void> {
  const problems = await Promise.all([...new Set(names)].map((name) => problemOf(name, clients[name])));
  const found = problems.filter((problem) => problem !== undefined);
  if (found.length > 0) throw new ClientsMissingError(found);
}

async function problemOf(name: string, client: Client): Promise<string | undefined> {
  let printed: string;
  try {
    const { stdout, stderr } = await execute(name, client.args, { cwd: client.cwd, env: process.env, timeout: 60_000 });
    printed = stdout + stderr;
  } catch (error) {
    const reason = isNotFound(error) ? 'is not installed' : `does not work (${firstLine(error)})`;
    return `${name} ${reason}: install ${client.install}`;
  }
  const [, major, minor] = client.version.exec(printed) ?? [];
  if (major === undefined) return `${name} printed no version: install ${client.install}`;
  const [wantedMajor, wantedMinor] = client.minimum;
  const older = Number(major) - wantedMajor || Number(minor ?? 0) - wantedMinor;
  return older < 0 ? `${name} ${major}.${minor ?? 0} is too old: install ${client.install}` : undefined;
}

// By shape: an Error of another realm, such as a test's sandbox, is not an instance of this one's Error.
function isNotFound(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}

function firstLine(error: unknown): string {
  const printed = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : '';
  return (printed === '' ? String(error) : printed).split('\n', 1)[0] ?? '';
}
