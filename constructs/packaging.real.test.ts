import { runProgram } from '@plumbline/tools';
import { build, type Plugin } from 'esbuild';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseObjects, type KubeObject } from './invariants';

const root = join(__dirname, '..');
const sources = [
  'main.ts',
  ...[
    'index',
    'environment',
    'thesis',
    'minimal',
    'addon',
    'enterprise',
    'sizes',
    'enterprise-sizes',
    'production',
    'production-sizes',
    'repository',
    'in-threads',
  ].map((name) => `environments/${name}.ts`),
];
const peers = ['cdk8s', 'cdk8s-plus-28', 'constructs'];
const dependencies = ['@grafana', 'tslib'];

/** What is rendered, by file name. */
function renderedIn(folder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

describe('The packed library, installed in a project of a platform team', () => {
  const project = mkdtempSync(join(tmpdir(), 'plumbline-packaging-'));
  const committed = renderedIn(join(root, 'dist', 'thesis'));

  beforeAll(async () => {
    const { stdout } = await runProgram('npm', ['pack', '--json', '--pack-destination', project], { cwd: root });
    // What scripts print comes before the JSON.
    const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as { readonly filename: string }[];
    const installed = join(project, 'node_modules', 'plumbline');
    mkdirSync(installed, { recursive: true });
    await runProgram('tar', [
      '-xzf',
      join(project, packed?.filename ?? ''),
      '--strip-components=1',
      '--directory',
      installed,
    ]);
    for (const name of [...peers, ...dependencies, 'ajv', 'yaml', '@types']) {
      symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name));
    }
  });
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  it('has nothing in it but compiled constructs, their types, and what a package must have', async () => {
    const { stdout } = await runProgram('find', [join(project, 'node_modules', 'plumbline'), '-type', 'f']);
    const files = stdout
      .trim()
      .split('\n')
      .map((path) => path.slice(join(project, 'node_modules', 'plumbline').length + 1));
    const top = files.filter((path) => !path.startsWith('lib/'));
    expect(top.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']);
    expect(files.filter((path) => /\.test\.|fixtures|apps\//.test(path))).toEqual([]);
    const manifest = JSON.parse(readFileSync(join(project, 'node_modules', 'plumbline', 'package.json'), 'utf8')) as {
      readonly dependencies?: object;
    };
    // Types and builders of dashboards, which nobody who makes a platform names.
    expect(Object.keys(manifest.dependencies ?? {})).toEqual(['@grafana/grafana-foundation-sdk']);
  });

  it('renders the same manifests from a CommonJS project in TypeScript, by its own types', async () => {
    for (const name of sources) {
      const text = readFileSync(join(root, name), 'utf8').replace(/'\.{1,2}\/constructs'/, "'plumbline'");
      mkdirSync(dirname(join(project, name)), { recursive: true });
      writeFileSync(join(project, name), text);
    }
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const strict = ['--strict', '--exactOptionalPropertyTypes', '--target', 'es2022', '--module', 'node16'];
    await runProgram(process.execPath, [tsc, ...strict, '--types', 'node', '--skipLibCheck', 'main.ts'], {
      cwd: project,
    });
    await runProgram(process.execPath, ['main.js'], { cwd: project, env: { CDK8S_OUTDIR: 'from-commonjs' } });
    expect(renderedIn(join(project, 'from-commonjs', 'thesis'))).toEqual(committed);
  });

  it('renders the same manifests from a project of ECMAScript modules, imported by name', async () => {
    const library: Plugin = {
      name: 'installed library',
      setup: (bundler) => {
        bundler.onResolve({ filter: /^\.{1,2}\/constructs$/ }, () => ({ path: 'plumbline', external: true }));
      },
    };
    await build({
      stdin: {
        contents: `import { platform } from './main'; import { thesis } from './environments'; platform(thesis).synth();`,
        resolveDir: root,
      },
      outfile: join(project, 'main.mjs'),
      bundle: true,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      plugins: [library],
      // main.ts renders by itself only when it is what was started.
      define: { 'require.main': 'undefined', module: 'null' },
    });
    await runProgram(process.execPath, ['main.mjs'], { cwd: project, env: { CDK8S_OUTDIR: 'from-modules' } });
    expect(renderedIn(join(project, 'from-modules', 'thesis'))).toEqual(committed);
  });

  describe('takes part in a chart of somebody else’s', () => {
    const guest = join(root, 'examples', 'guest-chart');
    const rendered = (folder: string): readonly KubeObject[] =>
      parseObjects(readFileSync(join(project, folder, 'observability.k8s.yaml'), 'utf8'), folder);

    beforeAll(async () => {
      for (const name of ['shop.ts', 'check.ts']) writeFileSync(join(project, name), readFileSync(join(guest, name)));
      const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
      const strict = ['--strict', '--exactOptionalPropertyTypes', '--target', 'es2022', '--module', 'node16'];
      await runProgram(process.execPath, [tsc, ...strict, '--types', 'node', '--skipLibCheck', 'shop.ts', 'check.ts'], {
        cwd: project,
      });
      await runProgram(process.execPath, ['shop.js'], { cwd: project, env: { CDK8S_OUTDIR: 'guest' } });
    });

    it('with names, images, a storage class, containers and policies of its own', () => {
      const objects = rendered('guest');
      const named = (kind: string) => objects.filter((each) => each.kind === kind).map(({ metadata }) => metadata.name);
      expect(named('StatefulSet').sort()).toEqual([
        'shop-metrics',
        'shop-objects',
        'shop-traces-day',
        'shop-traces-month',
      ]);
      expect(named('NetworkPolicy').every((name) => name.startsWith('shop-'))).toBe(true);
      const text = JSON.stringify(objects);
      expect(text).toContain('"fieldOfNextYear":{"on":true}');
      expect(text).toContain('"name":"log-shipper"');
      expect(text).toContain('"storageClassName":"shop-fast"');
      expect(text).not.toContain('docker.io/');
      expect(text).toContain('http://shop-traces-day.shop.svc.cluster.local:4318');
    });

    it('and keeps the invariants, which run in its own tests', async () => {
      const { stdout } = await runProgram(process.execPath, ['check.js'], { cwd: project });
      expect(JSON.parse(stdout)).toEqual([]);
    });

    it('also from ECMAScript modules', async () => {
      await build({
        entryPoints: [join(project, 'shop.ts')],
        outfile: join(project, 'shop.mjs'),
        bundle: true,
        format: 'esm',
        platform: 'node',
        packages: 'external',
        define: { 'require.main': 'undefined', module: 'undefined' },
      });
      await runProgram(process.execPath, ['shop.mjs'], { cwd: project, env: { CDK8S_OUTDIR: 'guest-modules' } });
      expect(rendered('guest-modules')).toEqual(rendered('guest'));
    });
  });
});
