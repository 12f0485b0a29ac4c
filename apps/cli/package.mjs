// Makes the npm package `plumbline-cli` in a folder: the bundled command, the sample shop of `plumbline demo`, compiled and
// not bundled because its instrumentation patches the packages that it requires, and a package.json that lists what neither contains.
import { build } from 'esbuild';
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { binaryPackages, bundle, installedBeside, root, version } from './bundle.mjs';

const out = resolve(process.argv[2] ?? join(root, 'build', 'package'));
const bundled = await bundle(out, './demo/index.js');

const shop = join(root, 'apps', 'demo');
const sources = readdirSync(shop, { recursive: true })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.startsWith('testing'))
  .filter((name) => !name.includes('node_modules'))
  .map((name) => join(shop, name));
await build({
  absWorkingDir: root,
  entryPoints: sources,
  outbase: shop,
  outdir: join(out, 'demo'),
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  logLevel: 'warning',
});

const manifest = (...path) => JSON.parse(readFileSync(join(root, ...path, 'package.json'), 'utf8'));
const { license, engines } = manifest();
const versions = {
  ...manifest('apps', 'worker').dependencies,
  ...manifest('apps', 'wire').dependencies,
  ...manifest('apps', 'cli').dependencies,
};
const neededByShop = Object.entries(manifest('apps', 'demo').dependencies).filter(
  // Types are for the compiler, and what runs TypeScript has nothing to do any more.
  ([name]) => !name.startsWith('@types/') && name !== 'tsx',
);
const dependencies = Object.fromEntries(
  [...[...binaryPackages, ...installedBeside].map((name) => [name, versions[name]]), ...neededByShop].sort(
    ([a], [b]) => (a < b ? -1 : 1),
  ),
);
const description = 'Finds the service that broke, from its OpenTelemetry traces: the plumbline command';
const names = ['plumbline.js', 'plumbline.js.LEGAL.txt', 'demo', 'CHANGELOG.md', 'sbom.cdx.json'];
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
