import { spawn } from 'node:child_process';
import { ProgramFailedError } from './errors';
import { guardGroup } from './guard';

export interface RunProgramOptions {
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Given on standard input. @default - none */
  readonly input?: string;
  /** @default - the current folder */
  readonly cwd?: string;
  /** After this it is killed. @default 120_000 */
  readonly timeoutMs?: number;
  /** Codes by which it says that it did its work. @default [0] */
  readonly exitCodes?: readonly number[];
}

/** What a program printed. */
export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end.
 *
 * @throws {ProgramFailedError} if it cannot be started, exits with another code than it may, or takes too long
 */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: RunProgramOptions = {},
): Promise<Printed> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    detached: true,
    stdio: 'pipe',
    timeout: options.timeoutMs ?? 120_000,
    killSignal: 'SIGKILL',
  });
  const release = child.pid === undefined ? () => undefined : guardGroup(child.pid);
  const exitCodes: readonly (number | null)[] = options.exitCodes ?? [0];
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // A program that ends without reading its input is judged by its exit code.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const outcome = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => {
      resolve(exitCodes.includes(code) ? undefined : signal ? `was ended by ${signal}` : `exited with ${code ?? '?'}`);
    });
  });
  release();
  const printed = { stdout: Buffer.concat(stdout).toString('utf8'), stderr: Buffer.concat(stderr).toString('utf8') };
  if (outcome !== undefined) {
    const output = `${printed.stdout}\n${printed.stderr}`.trim().slice(-4_000);
    throw new ProgramFailedError([command, ...args].join(' '), outcome, output);
  }
  return printed;
}
