import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { Environment } from '../config';
import { withFolder } from '../testing';
import type { JobOptions } from './run-job';

/** Runs a job on a file with this content. @returns its exit code and what it logged */
export async function runWith(
  job: (environment: Environment, options: JobOptions) => Promise<number>,
  content: unknown,
  environment: Environment,
): Promise<{ readonly code: number; readonly log: string }> {
  let log = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      log += chunk.toString();
      done();
    },
  });
  let code = -1;
  await withFolder(async (folder) => {
    const file = join(folder, 'job.json');
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    const retry = { startingDelayMs: 10, maxDelayMs: 200, attempts: 3 };
    code = await job({ ...environment, JOB_FILE: file }, { retry, log: stream });
  });
  return { code, log };
}

/** Writes files into a folder, made when absent. @returns the folder */
export async function folderWith(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}
