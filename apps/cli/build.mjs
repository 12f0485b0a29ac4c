// Bundles the plumbline command into build/, as the worker image carries it: one file, the programs of the sample shop, and
// beside them the packages that cannot be in a bundle. The client of Kubernetes stays out: an image of workers has no use for it.
// Another folder than build/ may be named as argument; what is in it is removed.
import { cpSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { binaryPackages, bundle, root } from './bundle.mjs';
import { bundleShop, shopPackages } from './shop.mjs';

const out = resolve(process.argv[2] ?? join(root, 'build'));
await bundle(out, 'image');
await bundleShop(join(out, 'demo'), shopPackages);

const modules = join(root, 'node_modules');
const copied = new Set();
for (const name of [...binaryPackages, ...shopPackages]) copyWithDependencies(name, root);
// Only the binaries of this platform are installed; which they are is npm's choice.
const scope = join(modules, '@napi-rs');
for (const name of existsSync(scope) ? readdirSync(scope) : []) {
  if (name.startsWith('snappy-'))
    cpSync(join(scope, name), join(out, 'node_modules', '@napi-rs', name), { recursive: true });
}
console.log(`${join(out, 'plumbline.js')} ${(statSync(join(out, 'plumbline.js')).size / 1e6).toFixed(1)} MB`);

/** A package and what it requires, each where it was installed, so that each finds the version that it asks for. */
function copyWithDependencies(name, from) {
  let folder = from;
  while (!existsSync(join(folder, 'node_modules', name, 'package.json'))) {
    if (folder === root) throw new Error(`${name} is not installed; run npm ci`);
    folder = dirname(folder);
  }
  const path = join(folder, 'node_modules', name);
  if (copied.has(path)) return;
  copied.add(path);
  cpSync(path, join(out, path.slice(root.length)), { recursive: true });
  const { dependencies = {} } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  for (const dependency of Object.keys(dependencies)) copyWithDependencies(dependency, path);
}
