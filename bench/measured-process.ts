import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/*
 * Processes that are measured run as the worker image would run them.
 */

const root = join(__dirname, '..');

/** How the worker image starts Node.js: what comes before the script in its `ENTRYPOINT`. */
export function imageNodeFlags(): readonly string[] {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
  const entrypoint = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]';
  return z.array(z.string()).min(2).parse(JSON.parse(entrypoint)).slice(1, -1);
}

/** Environment in which a bundled process finds native packages, which are not bundled. */
export function measuredEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, NODE_PATH: join(root, 'node_modules') };
}

/** Bundles a measured process into one file in a folder, as the worker image has it. @returns its path */
export async function bundleMeasured(entryPoint: string, folder: string): Promise<string> {
  const outfile = join(folder, 'child.js');
  await build({
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // The file of TensorFlow.js is found through NODE_PATH, as packages are.
    external: ['snappy', 'parquet-wasm', '@tensorflow/tfjs-backend-wasm/dist/*.wasm'],
    logLevel: 'warning',
  });
  return outfile;
}
