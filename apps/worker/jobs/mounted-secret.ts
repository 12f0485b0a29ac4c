import { readFile } from 'node:fs/promises';
import { JobError } from './job-error';

/**
 * A value of a Secret that is mounted as a file.
 *
 * @param whose for errors: `identity detection`
 * @throws {JobError} if it is missing or empty
 */
export async function readMounted(whose: string, path: string): Promise<string> {
  const value = await readFile(path, 'utf8').catch((cause: unknown) => {
    const message = `${whose}: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new JobError('PLUMBLINE_JOB_IDENTITY', message, { cause });
  });
  const trimmed = value.trim();
  if (trimmed === '') throw new JobError('PLUMBLINE_JOB_IDENTITY', `${whose}: ${path} is empty`);
  return trimmed;
}
