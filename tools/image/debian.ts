import { existsSync } from 'node:fs';
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { imageMtrHome } from '../../constructs/contracts';
import { isInstalled, output } from './commands';
import { ImageError } from './errors';
import type { Platform } from './platforms';

/** What Node.js is linked with, the certificates of public authorities, and what a scanner wants to know of the system. */
const packages = ['libc6', 'libgcc-s1', 'libstdc++6', 'ca-certificates', 'base-files'] as const;

const libraries =
  /\/(ld-linux-[\w-]+|libc|libm|libdl|libpthread|librt|libresolv|libnss_dns|libnss_files|libgcc_s|libstdc\+\+)\.so[\d.]*$/;

const licence = /^usr\/share\/doc\/[^/]+\/copyright$/;

const accounts = {
  'etc/passwd': 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n',
  'etc/group': 'root:x:0:\nnonroot:x:65532:\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
};

/**
 * Fills `rootfs` with the little of Debian that Node.js needs, out of packages that apt gets from where this machine gets
 * its own, for any architecture and without installing anything. Each package is on record in `var/lib/dpkg/status.d`,
 * where scanners of vulnerabilities look.
 *
 * @throws {ImageError} where there is no apt, or it cannot get them
 */
export async function debianBase(rootfs: string, platform: Platform): Promise<void> {
  const scratch = await scratchFolder();
  try {
    const apt = await aptOf(scratch, platform);
    const gcc = await dependenciesOf(apt, 'libgcc-s1');
    // It has the licence of the two libraries of GCC.
    const base = gcc.filter((name) => /^gcc-\d+-base$/.test(name));
    for (const file of await download(apt, [...packages, ...base])) await unpack(file, rootfs);
    await mergeLibraryFolders(rootfs);
    await writeFiles(rootfs);
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/**
 * Adds mtr to `rootfs`, which {@link debianBase} has filled: its two programs and the libraries that only they need, in a folder of their own,
 * and its packages on record.
 *
 * @throws {ImageError} where there is no apt, or it cannot get them
 */
export async function debianMtr(rootfs: string, platform: Platform): Promise<void> {
  const scratch = await scratchFolder();
  const home = join(rootfs, imageMtrHome);
  try {
    const apt = await aptOf(scratch, platform);
    const libraryPackages = (await dependenciesOf(apt, 'mtr-tiny')).filter((name) => /^lib(?!c6$)/.test(name));
    for (const file of await download(apt, ['mtr-tiny', ...libraryPackages])) {
      const content = await unpackAll(file, rootfs);
      for (const path of await filesOf(content)) {
        const program = /^usr\/s?bin\/(mtr|mtr-packet)$/.exec(path)?.[1];
        const library = /\/(lib[\w.+-]+\.so[\d.]*)$/.exec(path)?.[1];
        if (program !== undefined) await copyTo(join(content, path), join(home, 'bin', program));
        else if (library !== undefined) await copyTo(join(content, path), join(home, 'lib', library));
        else if (licence.test(path)) await copyTo(join(content, path), join(rootfs, path));
      }
    }
  } finally {
    await rm(scratch, { recursive: true });
  }
}

async function scratchFolder(): Promise<string> {
  for (const program of ['apt-get', 'dpkg-deb']) {
    if (!isInstalled(program)) {
      throw new ImageError(
        `without docker, podman and buildah an image is made of Debian packages, and here is no ${program}: ` +
          'install one of docker, podman and buildah, or run this on Debian or Ubuntu',
      );
    }
  }
  return mkdtemp(join(tmpdir(), 'plumbline-debian-'));
}

/** An apt with a state of its own. */
interface Apt {
  readonly platform: Platform;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

async function aptOf(scratch: string, platform: Platform): Promise<Apt> {
  const folders = ['state/lists/partial', 'cache/archives/partial', 'packages'];
  for (const folder of folders) await mkdir(join(scratch, folder), { recursive: true });
  await writeFile(join(scratch, 'status'), '');
  const config = join(scratch, 'apt.conf');
  const settings = {
    'APT::Architecture': platform.architecture,
    'Dir::State': join(scratch, 'state'),
    'Dir::State::status': join(scratch, 'status'),
    'Dir::Cache': join(scratch, 'cache'),
    'Acquire::Languages': 'none',
    // Its own user may not write here.
    'APT::Sandbox::User': '',
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} "${value}";`);
  await writeFile(config, [...lines, `APT::Architectures { "${platform.architecture}"; };`, ''].join('\n'));
  const apt = { platform, cwd: join(scratch, 'packages'), env: { APT_CONFIG: config, LC_ALL: 'C' } };
  await run(apt, ['apt-get', 'update', '-qq']);
  return apt;
}

/** Packages into their folder. @returns their files */
async function download(apt: Apt, names: readonly string[]): Promise<readonly string[]> {
  await run(apt, ['apt-get', 'download', '-qq', ...names]);
  return (await readdir(apt.cwd)).sort().map((name) => join(apt.cwd, name));
}

async function dependenciesOf(apt: Apt, name: string): Promise<readonly string[]> {
  const printed = await run(apt, ['apt-cache', 'depends', '--important', name]);
  return Array.from(printed.matchAll(/^\s*Depends: ([\w.+-]+)$/gm), ([, found = '']) => found);
}

async function run({ platform, cwd, env }: Apt, command: Parameters<typeof output>[0]): Promise<string> {
  try {
    return await output(command, { cwd, env });
  } catch (cause) {
    throw new ImageError(`apt does not get the packages of ${platform.name}: ${String(cause)}`, { cause });
  }
}

async function unpack(file: string, rootfs: string): Promise<void> {
  const content = await unpackAll(file, rootfs);
  for (const path of await filesOf(content)) {
    if (libraries.test(`/${path}`) || licence.test(path) || path === 'usr/lib/os-release')
      await copyTo(join(content, path), join(rootfs, path));
  }
  const authorities = join(content, 'usr', 'share', 'ca-certificates', 'mozilla');
  if (existsSync(authorities)) await bundleCertificates(authorities, join(rootfs, 'etc', 'ssl', 'certs'));
}

/** Its files into a folder beside it, and the package on record. @returns the folder */
async function unpackAll(file: string, rootfs: string): Promise<string> {
  const content = `${file}.content`;
  await output(['dpkg-deb', '-x', file, content]);
  const control = await output(['dpkg-deb', '-f', file]);
  const name = /^Package: (.+)$/m.exec(control)?.[1] ?? '';
  const record = join(rootfs, 'var', 'lib', 'dpkg', 'status.d', name);
  await mkdir(dirname(record), { recursive: true });
  await writeFile(record, control);
  return content;
}

async function filesOf(content: string): Promise<readonly string[]> {
  const entries = await readdir(content, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(content.length + 1));
}

async function copyTo(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to, { verbatimSymlinks: true });
}

async function bundleCertificates(from: string, to: string): Promise<void> {
  const names = (await readdir(from)).filter((name) => name.endsWith('.crt')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(from, name), 'utf8')));
  await mkdir(to, { recursive: true });
  await writeFile(join(to, 'ca-certificates.crt'), texts.map((text) => `${text.trimEnd()}\n`).join(''));
}

/** Debian 12 has libraries in /lib and later ones in /usr/lib; both are one folder, as on a system that is installed. */
async function mergeLibraryFolders(rootfs: string): Promise<void> {
  for (const name of ['lib', 'lib64']) {
    const [folder, merged] = [join(rootfs, name), join(rootfs, 'usr', name)];
    if (existsSync(folder) && (await lstat(folder)).isDirectory()) {
      await cp(folder, merged, { recursive: true, verbatimSymlinks: true });
      await rm(folder, { recursive: true });
    }
    if (existsSync(merged)) await symlink(`usr/${name}`, folder);
  }
}

async function writeFiles(rootfs: string): Promise<void> {
  for (const [path, text] of Object.entries(accounts)) {
    await mkdir(dirname(join(rootfs, path)), { recursive: true });
    await writeFile(join(rootfs, path), text);
  }
  await symlink('../usr/lib/os-release', join(rootfs, 'etc', 'os-release'));
  await mkdir(join(rootfs, 'home', 'nonroot'), { recursive: true });
  await mkdir(join(rootfs, 'tmp'));
  await chmod(join(rootfs, 'tmp'), 0o1777);
}
