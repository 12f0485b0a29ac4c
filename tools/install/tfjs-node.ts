import { copyFile, mkdir, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pinsDirectory } from './home';
import type { Tool } from './tool';

const name = 'tfjs-node';
const pins = ['package.json', 'package-lock.json'].map((file) => join(name, file));
/** The Java build of TensorFlow 2.10.1: the newest that the addon compiles against, and its library is in a registry. */
const jar = {
  artifact: 'org.tensorflow:tensorflow-core-api:0.5.0:jar:linux-x86_64',
  file: 'tensorflow-core-api-0.5.0-linux-x86_64.jar',
};
/** Has the C headers, which no other package has. */
const wheel = [
  '--no-deps',
  '--only-binary=:all:',
  '--platform=manylinux2014_x86_64',
  '--python-version=3.10',
  'tensorflow-cpu==2.9.1',
];
/** Takes headers and libraries out of both, into `include` and `lib`. */
const unpack = `
import glob, os, sys, zipfile
deps, jar = sys.argv[1:]
wanted = ('tensorflow/include/tensorflow/c/', 'tensorflow/include/tensorflow/core/platform/ctstring')
for path, names, depth in ((glob.glob('tensorflow_cpu-*.whl')[0], wanted, 1), (jar, ('org/tensorflow/internal/c_api/linux-x86_64/libtensorflow_',), None)):
    archive = zipfile.ZipFile(path)
    for name in archive.namelist():
        if not name.startswith(names) or name.endswith('/') or (depth is None and not name.endswith('.so.2')):
            continue
        file = os.path.join(deps, *(name.split('/')[depth:] if depth else ['lib', os.path.basename(name)]))
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, 'wb') as out:
            out.write(archive.read(name))
`;

/**
 * The native backend of TensorFlow.js, compiled against a library from Maven Central: its own installation downloads one from a
 * host that not every network reaches. Wants Linux on x86-64, Node.js 20 or 22 with headers, g++ and make; takes 760 MB.
 */
export function tfjsNode(version: string): Tool {
  return {
    name,
    version,
    clients: ['mvn', 'java', 'python3'],
    pins,
    recipe: [jar.artifact, ...wheel, unpack, `node ${process.versions.modules}`],
    outputs: [join(name, 'node_modules', '@tensorflow', name, 'lib', 'napi-v8', 'tfjs_binding.node')],
    estimate: '2 min',
    onDemand: true,
    async install(workshop) {
      const { home, scratch, run } = workshop;
      const built = join(scratch, name);
      await mkdir(built);
      for (const pin of pins) await copyFile(join(pinsDirectory, pin), join(scratch, pin));
      await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: built });
      const copy = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
      await run('mvn', ['-B', '-ntp', copy, `-Dartifact=${jar.artifact}`, `-DoutputDirectory=${scratch}`]);
      await run('python3', ['-m', 'pip', 'download', '--disable-pip-version-check', ...wheel]);
      const addon = join(built, 'node_modules', '@tensorflow', name);
      const deps = join(addon, 'deps');
      await run('python3', ['-c', unpack, deps, jar.file]);
      for (const [link, library] of [
        ['libtensorflow.so', 'libtensorflow_cc.so.2'],
        ['libtensorflow_framework.so', 'libtensorflow_framework.so.2'],
      ] as const) {
        await symlink(library, join(deps, 'lib', link));
      }
      const env = { npm_config_nodedir: join(dirname(process.execPath), '..') };
      await run('npx', ['--no-install', 'node-pre-gyp', 'install', '--build-from-source'], { cwd: addon, env });
      const ask = `if (require('@tensorflow/tfjs-node').add(1, 2).dataSync()[0] !== 3) process.exit(1)`;
      await run(process.execPath, ['-e', ask], { cwd: built });
      await rm(home.path(name), { recursive: true, force: true });
      await rename(built, home.path(name));
    },
  };
}
