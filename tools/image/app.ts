import { chmod, copyFile, cp, lutimes, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pinsDirectory } from '../install/home';
import { output } from './commands';
import type { Platform } from './platforms';

const root = join(__dirname, '..', '..');

/**
 * What is in packages that no program of the image loads. Extensions of the database, and its parts for browsers, are most of that
 * package.
 */
const unused = new RegExp(
  [
    String.raw`/node_modules/(node-linux-\w+|\.bin|\.package-lock\.json)(/|$)`,
    String.raw`/parquet-wasm/(esm|bundler)(/|$)`,
    String.raw`/pglite/(src|dist/(contrib|fs|live|node-postgres|worker))(/|$)`,
    String.raw`/pglite/dist/[\w-]+(\.tar\.gz|\.js)$`,
    String.raw`\.(md|d\.[cm]?ts|map)$`,
  ].join('|'),
);

/** What a container of one platform needs of ours. */
export interface App {
  readonly platform: Platform;
  /** The folder `/app`: bundle and packages. */
  readonly directory: string;
  /** Node.js for this platform. */
  readonly node: string;
  /** Its licence. */
  readonly nodeLicence: string;
}

/**
 * Makes `/app` for each platform below `directory`, as `<os>/<architecture>/`: from this checkout and, through npm, the
 * packages of the other platform too. The same files, times included, each time.
 *
 * @param nodeToo also get Node.js, for images without a base image
 * @throws {ImageError} if the bundle cannot be made or npm fails
 */
export async function makeApps(
  directory: string,
  platforms: readonly Platform[],
  nodeToo: boolean,
): Promise<readonly App[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'plumbline-image-'));
  try {
    const bundle = join(scratch, 'bundle');
    await output([process.execPath, join(root, 'apps', 'cli', 'build.mjs'), bundle]);
    const apps: App[] = [];
    for (const platform of platforms) {
      const npm = join(scratch, platform.architecture);
      const modules = await installPackages(npm, platform, nodeToo);
      const app = join(directory, ...platform.name.split('/'));
      await rm(app, { recursive: true, force: true });
      await mkdir(app, { recursive: true });
      const wasm = (await readdir(bundle)).filter((name) => name.endsWith('.wasm'));
      for (const name of ['plumbline.js', 'plumbline.js.LEGAL.txt', ...wasm]) {
        await copyFile(join(bundle, name), join(app, name));
      }
      await cp(join(bundle, 'demo'), join(app, 'demo'), { recursive: true });
      await cp(modules, join(app, 'node_modules'), {
        recursive: true,
        filter: (source) => !unused.test(source.slice(npm.length)),
      });
      await settle(app);
      const nodeFolder = join(directory, 'node', platform.architecture);
      if (nodeToo) {
        await mkdir(nodeFolder, { recursive: true });
        const from = join(modules, `node-linux-${platform.cpu}`);
        await copyFile(join(from, 'bin', 'node'), join(nodeFolder, 'node'));
        await copyFile(join(from, 'LICENSE'), join(nodeFolder, 'LICENSE'));
      }
      apps.push({ platform, directory: app, node: join(nodeFolder, 'node'), nodeLicence: join(nodeFolder, 'LICENSE') });
    }
    return apps;
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** The packages of a platform, whatever this machine is; npm checks them against the lock. */
async function installPackages(folder: string, platform: Platform, nodeToo: boolean): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) {
    await copyFile(join(pinsDirectory, 'image', name), join(folder, name));
  }
  const modules = join(folder, 'node_modules');
  const target = ['--os=linux', `--cpu=${platform.cpu}`, '--libc=glibc'];
  const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-progress'];
  await output(['npm', 'ci', ...target, ...quietly], { cwd: folder });
  if (nodeToo) await output(['npm', 'ls', `node-linux-${platform.cpu}`], { cwd: folder });
  return modules;
}

/** Readable for every user and of no time, so that a layer of them is the same whoever makes it. */
async function settle(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) await settle(inner);
    else {
      await chmod(inner, 0o644);
      await lutimes(inner, 0, 0);
    }
  }
  await chmod(path, 0o755);
  await lutimes(path, 0, 0);
}
