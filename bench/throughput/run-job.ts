import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { readingSchema, type Job } from './job';
import type { Reading } from './meter';

const longestMs = 15 * 60_000;

/** A measured process failed, or did not say what it measured. */
export class BenchError extends Error {
  readonly code = 'PLUMBLINE_BENCH_PROCESS';
  override readonly name = 'BenchError';
}

/** How the worker image starts Node.js: what comes before the script in its `ENTRYPOINT`. Both implementations run so. */
function imageNodeFlags(): readonly string[] {
  const dockerfile = readFileSync(join(__dirname, '..', '..', 'Dockerfile'), 'utf8');
  const entrypoint = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]';
  return z.array(z.string()).min(2).parse(JSON.parse(entrypoint)).slice(1, -1);
}

/** Bundles the measured process into one file, as the worker image has it. @returns its path */
export async function bundleChild(folder: string): Promise<string> {
  const outfile = join(folder, 'child.js');
  await build({
    entryPoints: [join(__dirname, 'child.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['snappy', 'parquet-wasm'],
    logLevel: 'warning',
  });
  return outfile;
}

/**
 * Does a job in a new process.
 *
 * @param script from {@link bundleChild}
 * @param profileFolder where V8 writes a CPU profile of it
 * @throws {BenchError}
 */
export async function runJob(script: string, job: Job, profileFolder?: string): Promise<Reading> {
  const profile = profileFolder === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profileFolder];
  // Native packages are not bundled.
  const env = { ...process.env, NODE_PATH: join(__dirname, '..', '..', 'node_modules') };
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...imageNodeFlags(), ...profile, script, JSON.stringify(job)],
      {
        timeout: longestMs,
        env,
      },
    );
    return readingSchema.parse(JSON.parse(stdout));
  } catch (cause) {
    throw new BenchError(`${job.work} by ${job.by}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}
