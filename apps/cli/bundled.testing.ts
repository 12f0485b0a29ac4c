import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');

/** What a program came to. */
export interface ProgramResult {
  readonly status: number | null;
  /** Without space around it. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in the repository, to its end. */
export function runProgram(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ProgramResult {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: root,
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  });
  return { status, stdout: stdout.trim(), stderr };
}

/**
 * What `npx plumbline` starts, without the second that npx and compiling take for themselves: as it is published. It is bundled before the
 * tests of a file, and removed after them.
 */
export function bundledCommand(): (
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
) => ProgramResult {
  // Inside the repository, so that what is not in the bundle is found.
  const bundle = join(root, 'node_modules', '.cache', `plumbline-command-${process.pid}`);
  beforeAll(() => {
    const script = `import('./apps/cli/bundle.mjs').then(({ bundle }) => bundle(process.argv[1], 'package'));`;
    const { status, stderr } = runProgram(process.execPath, ['--eval', script, bundle]);
    if (status !== 0) throw new Error(stderr);
  });
  afterAll(() => {
    rmSync(bundle, { recursive: true, force: true });
  });
  return (args, environment) => runProgram(process.execPath, [join(bundle, 'plumbline.js'), ...args], environment);
}
