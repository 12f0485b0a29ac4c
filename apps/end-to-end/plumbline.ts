import { environmentKeys, type JobName } from '@plumbline/contracts';
import { dataDirectory, runProgram } from '@plumbline/tools/peers';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

export type Environment = Readonly<Record<string, string>>;

const repository = resolve(__dirname, '..', '..');
let bundled: Promise<string> | undefined;

/** The bundle that the worker image carries, made once a test file; the path of its entry. */
export function plumbline(): Promise<string> {
  bundled ??= bundle();
  return bundled;
}

async function bundle(): Promise<string> {
  const directory = join(await dataDirectory('bundle'), 'app');
  await runProgram(process.execPath, [join(repository, 'apps', 'cli', 'build.mjs'), directory], { cwd: repository });
  return join(directory, 'plumbline.js');
}

/**
 * Runs `plumbline job <name>` to its end, as the rendered Job does.
 *
 * @param file text of its job file
 * @throws {ProgramFailedError} with what it printed
 */
export async function runJob(name: JobName, file: string, environment: Environment): Promise<void> {
  const path = join(await dataDirectory('job'), 'job.json');
  await writeFile(path, file);
  await runProgram(process.execPath, [await plumbline(), 'job', name], {
    env: { ...environment, [environmentKeys.jobFile]: path },
  });
}
