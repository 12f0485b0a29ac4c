import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ImageError } from './errors';

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

export interface RunOptions {
  /** @default - the current folder */
  readonly cwd?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** True if a program of this name is on the path. */
export function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Prints a command and runs it; what it says is seen. @throws {ImageError} unless it exits with 0 */
export async function run(command: Command, options: RunOptions = {}): Promise<void> {
  console.log(`$ ${command.join(' ')}`);
  await execute(command, options, 'inherit');
}

/**
 * Runs a command quietly. @returns what it printed on standard output
 *
 * @throws {ImageError} with what it said on standard error, unless it exits with 0
 */
export function output(command: Command, options: RunOptions = {}): Promise<string> {
  return execute(command, options, 'pipe');
}

function execute([program, ...args]: Command, { cwd, env }: RunOptions, stdio: 'inherit' | 'pipe'): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', stdio, stdio] });
    const printed: Buffer[] = [];
    const said: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => printed.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => said.push(chunk));
    child.once('error', (cause) => reject(new ImageError(`${program} cannot be started: ${cause.message}`, { cause })));
    child.once('close', (code, signal) => {
      if (code === 0) {
        resolve(Buffer.concat(printed).toString('utf8'));
        return;
      }
      const how = signal === null ? `exited with ${code ?? '?'}` : `was ended by ${signal}`;
      const why = Buffer.concat(said).toString('utf8').trim();
      reject(new ImageError(`${[program, ...args].join(' ')} ${how}${why === '' ? '' : `:\n${why}`}`));
    });
  });
}
