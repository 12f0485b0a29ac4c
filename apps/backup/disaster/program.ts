import { spawn } from 'node:child_process';
import { guardGroup } from '../../../tools/peers/guard';

/** How a program ended, and what it printed. */
export interface Ended {
  /** Exit code; `null` for one that a signal ended. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What is run, and with what: nothing of this process's own environment but the path. */
export interface ProgramRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** @default - the current folder */
  readonly cwd?: string;
  /** Told of what it prints while it runs. @default - nobody is told */
  readonly onOutput?: (text: string) => void;
  /** Ends it by {@link ProgramRun.killSignal}. @default - it goes on to its end */
  readonly signal?: AbortSignal;
  /** @default 'SIGKILL' */
  readonly killSignal?: 'SIGKILL' | 'SIGINT' | 'SIGTERM';
}

/** Everything that programs of this test printed, in which no secret may be. */
export const printed: string[] = [];

/** Runs a program to its end, however it ends. */
export function runToEnd({ command, args, env, cwd, onOutput, signal, killSignal }: ProgramRun): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      env: { PATH: process.env.PATH ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      cwd,
    });
    const release = child.pid === undefined ? () => undefined : guardGroup(child.pid);
    const end = (): void => void child.kill(killSignal ?? 'SIGKILL');
    signal?.addEventListener('abort', end, { once: true });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', (chunk: Buffer) => {
        texts[name] += chunk.toString();
        onOutput?.(chunk.toString());
      });
    child.once('error', reject);
    child.once('close', (code) => {
      release();
      signal?.removeEventListener('abort', end);
      printed.push(texts.stdout, texts.stderr);
      resolve({ code, ...texts });
    });
  });
}
