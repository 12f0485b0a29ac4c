import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

const repository = resolve(__dirname, '..', '..');

/** What a command came to. */
export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `plumbline` from its sources, as `npx plumbline` does; also while this process serves what it asks. */
export function runPlumbline(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, ['apps/cli/bin/plumbline.mjs', ...args], {
      cwd: repository,
      env: { ...process.env, ...environment },
      timeout: 240_000,
    });
    const chunks: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
    child.stdout.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.stderr.push(chunk));
    child.once('error', reject);
    child.once('close', (status) => {
      const text = (name: 'stdout' | 'stderr') => Buffer.concat(chunks[name]).toString('utf8');
      done({ status, stdout: text('stdout'), stderr: text('stderr') });
    });
  });
}
