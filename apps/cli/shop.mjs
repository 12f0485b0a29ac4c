// Bundles the programs of the sample shop, each into one file of the same name, so that they find each other as in the sources.
import { build } from 'esbuild';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './bundle.mjs';

const shop = join(root, 'apps', 'demo');

/** Packages that are patched as they are required, or bring WebAssembly: they stay packages. */
export const shopPackages = ['@electric-sql/pglite', 'express', 'pg'];

/** Files that are started or required by name. */
const isProgram = (name) => /^(index|instrumentation|\w+\/(main|deployed|worker))\.ts$/.test(name);

/**
 * @param {string} out the folder
 * @param {string[]} external packages that are required where it runs; all others are in the files
 */
export async function bundleShop(out, external) {
  const names = readdirSync(shop, { recursive: true }).filter(isProgram);
  const common = {
    absWorkingDir: root,
    outbase: shop,
    outdir: out,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // pg takes the native driver if somebody installed it; tsx is for the sources alone.
    external: [...external, 'pg-native', 'tsx'],
    legalComments: 'external',
    logLevel: 'warning',
  };
  const isLarge = (name) => name === 'instrumentation.ts';
  const entries = (wanted) => names.filter(wanted).map((name) => join(shop, name));
  await build({ ...common, entryPoints: entries((name) => !isLarge(name)) });
  await build({ ...common, entryPoints: entries(isLarge), minifyWhitespace: true, minifySyntax: true });
}
