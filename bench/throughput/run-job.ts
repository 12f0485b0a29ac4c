import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { imageNodeFlags, measuredEnvironment } from '../measured-process';
import { readingSchema, type Job } from './job';
import type { Reading } from './meter';

const longestMs = 15 * 60_000;

/** A measured process failed, or did not say what it measured. */
export class BenchError extends Error {
  readonly code = 'PLUMBLINE_BENCH_PROCESS';
  override readonly name = 'BenchError';
}

/**
 * Does a job in a new process.
 *
 * @param script from `bundleMeasured`
 * @param profileFolder where V8 writes a CPU profile of it
 * @throws {BenchError}
 */
export async function runJob(script: string, job: Job, profileFolder?: string): Promise<Reading> {
  const profile = profileFolder === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profileFolder];
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...imageNodeFlags(), ...profile, script, JSON.stringify(job)],
      {
        timeout: longestMs,
        env: measuredEnvironment(),
      },
    );
    return readingSchema.parse(JSON.parse(stdout));
  } catch (cause) {
    throw new BenchError(`${job.work} by ${job.by}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}
