// Makes the npm package `plumbline-cli` in a folder: the bundled command, the programs of the sample shop without the packages that
// they require, which their instrumentation patches, and a package.json that lists what neither contains.
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { binaryPackages, bundle, installedBeside, root, version, wasmFiles } from './bundle.mjs';
import { bundleShop } from './shop.mjs';

const out = resolve(process.argv[2] ?? join(root, 'build', 'package'));
const bundled = await bundle(out, 'package');

const manifest = (...path) => JSON.parse(readFileSync(join(root, ...path, 'package.json'), 'utf8'));
const { license, engines } = manifest();
const versions = {
  ...manifest('apps', 'worker').dependencies,
  ...manifest('apps', 'wire').dependencies,
  ...manifest('apps', 'cli').dependencies,
};
const neededByShop = Object.entries(manifest('apps', 'demo').dependencies).filter(
  // Types are for the compiler, what runs TypeScript has nothing to do any more, and ours is in the files.
  ([name]) => !name.startsWith('@types/') && !name.startsWith('@plumbline/') && name !== 'tsx',
);
await bundleShop(
  join(out, 'demo'),
  neededByShop.map(([name]) => name),
);
const dependencies = Object.fromEntries(
  [...[...binaryPackages, ...installedBeside].map((name) => [name, versions[name]]), ...neededByShop].sort(
    ([a], [b]) => (a < b ? -1 : 1),
  ),
);
const description = 'Finds the service that broke, from its OpenTelemetry traces: the plumbline command';
const names = ['plumbline.js', 'plumbline.js.LEGAL.txt', ...wasmFiles, 'demo', 'CHANGELOG.md', 'sbom.cdx.json'];
writeFileSync(
  join(out, 'package.json'),
  `${JSON.stringify({ name: 'plumbline-cli', version, description, license, bin: { plumbline: 'plumbline.js' }, files: names, engines, dependencies }, null, 2)}\n`,
);
writeFileSync(join(out, 'sbom.cdx.json'), `${JSON.stringify(sbom(), null, 2)}\n`);
for (const name of ['LICENSE', 'CHANGELOG.md']) copyFileSync(join(root, name), join(out, name));
copyFileSync(join(root, 'apps', 'cli', 'README.md'), join(out, 'README.md'));
console.log(`${relative(process.cwd(), out)} plumbline-cli ${version}`);

/** What is in the bundle, and what is installed with it, as CycloneDX. */
function sbom() {
  const folders = new Set(bundled.flatMap((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []));
  const inside = [...folders].map((folder) => component(manifest(folder)));
  const beside = Object.keys(dependencies).map((name) => component(installed(name)));
  const all = new Map([...inside, ...beside].map((each) => [each.purl, each]));
  const components = [...all.values()].sort((a, b) => (a.purl < b.purl ? -1 : 1));
  const purl = `pkg:npm/plumbline-cli@${version}`;
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { type: 'application', name: 'plumbline-cli', version, purl, 'bom-ref': purl } },
    components,
  };
}

/** Its own version of a package, where the repository has two. */
function installed(name) {
  const own = ['apps', 'cli', 'node_modules', name];
  return existsSync(join(root, ...own)) ? manifest(...own) : manifest('node_modules', name);
}

function component({ name, version, license }) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const licenses =
    typeof license === 'string' ? { licenses: [{ expression: license.replace(/^SEE .*/, 'NOASSERTION') }] } : {};
  return { type: 'library', 'bom-ref': purl, name, version, purl, ...licenses };
}
