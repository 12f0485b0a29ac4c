// Bundles the plumbline command into one file; native and WebAssembly packages stay outside of it.
import { build } from 'esbuild';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const binaryPackages = ['snappy', 'parquet-wasm'];
/** Larger than all else together, and of no use to workers: who asks a cluster installs it beside the command. */
export const installedBeside = ['@kubernetes/client-node'];
/** WebAssembly that bundled code reads from beside the bundle: of TensorFlow.js nothing else has to stay outside. */
export const wasmFiles = ['tfjs-backend-wasm-simd.wasm'];
export const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** How code becomes one file. */
export const settings = {
  // Names in the bundle are relative to this, wherever it is started and whatever it is written to.
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: [...binaryPackages, ...installedBeside, '@tensorflow/tfjs-backend-wasm/dist/*.wasm'],
  logLevel: 'warning',
};

/** Where plumbline.js finds the compiled sample shop. */
const demo = './demo/index.js';

/**
 * Writes plumbline.js, for a package its source map, and the licences of what is in it; what was in the folder is removed.
 *
 * @param {string} out the folder
 * @param {'image' | 'package'} what it is for: an image lacks what is installed beside the command
 * @returns {Promise<string[]>} the files that are in it, relative to the repository
 */
export async function bundle(out, what) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const { metafile } = await build({
    ...settings,
    entryPoints: [join(root, 'apps', 'cli', 'main.ts')],
    outfile: join(out, 'plumbline.js'),
    plugins: [elsewhere('@plumbline/demo', demo)],
    ...(what === 'package' && { banner: { js: '#!/usr/bin/env node' } }),
    define: {
      'process.env.PLUMBLINE_VERSION': JSON.stringify(version),
      'process.env.PLUMBLINE_BUNDLED': what === 'image' ? '"1"' : 'undefined',
    },
    // Node.js reads the whole map at the first stack: 170 MiB, which are more than the limit of a Job. An image has none.
    sourcemap: what === 'package',
    sourcesContent: false,
    legalComments: 'external',
    metafile: true,
  });
  copyWasm(out);
  if (what === 'package') relateSources(out);
  return Object.keys(metafile.inputs);
}

/** Names of sources are relative to the repository, wherever the bundle is. */
function relateSources(out) {
  const mapFile = join(out, 'plumbline.js.map');
  const map = JSON.parse(readFileSync(mapFile, 'utf8'));
  map.sources = map.sources.map((source) => relative(root, resolve(out, source)));
  writeFileSync(mapFile, JSON.stringify(map));
}

/** Lays what bundled code reads beside it. */
export function copyWasm(out) {
  const folder = join(root, 'node_modules', '@tensorflow', 'tfjs-backend-wasm', 'dist');
  for (const name of wasmFiles) copyFileSync(join(folder, name), join(out, name));
}

/** A package that is required from another place at run time. */
function elsewhere(name, path) {
  return {
    name: 'elsewhere',
    setup: (bundler) => bundler.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path, external: true })),
  };
}
