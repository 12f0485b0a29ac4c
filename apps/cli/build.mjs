// Bundles the plumbline command into build/, as the worker image carries it: one file, and beside it the few packages that
// bring native or WebAssembly code. The demo shop and the client of Kubernetes stay out: an image of workers has no use for them.
// Another folder than build/ may be named as argument; what is in it is removed.
import { cpSync, existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { binaryPackages, bundle, root } from './bundle.mjs';

const out = resolve(process.argv[2] ?? join(root, 'build'));
await bundle(out);

const modules = join(root, 'node_modules');
for (const name of binaryPackages) {
  cpSync(join(modules, name), join(out, 'node_modules', name), { recursive: true });
}
// Only the binaries of this platform are installed; which they are is npm's choice.
const scope = join(modules, '@napi-rs');
for (const name of existsSync(scope) ? readdirSync(scope) : []) {
  if (name.startsWith('snappy-'))
    cpSync(join(scope, name), join(out, 'node_modules', '@napi-rs', name), { recursive: true });
}
console.log(`${join(out, 'plumbline.js')} ${(statSync(join(out, 'plumbline.js')).size / 1e6).toFixed(1)} MB`);
