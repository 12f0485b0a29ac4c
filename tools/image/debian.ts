import { existsSync } from 'node:fs';
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isInstalled, output } from './commands';
import { ImageError } from './errors';
import type { Platform } from './platforms';

/** What Node.js is linked with, the certificates of public authorities, and what a scanner wants to know of the system. */
const packages = ['libc6', 'libgcc-s1', 'libstdc++6', 'ca-certificates', 'base-files'] as const;

const libraries =
  /\/(ld-linux-[\w-]+|libc|libm|libdl|libpthread|librt|libresolv|libnss_dns|libnss_files|libgcc_s|libstdc\+\+)\.so[\d.]*$/;

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
  for (const program of ['apt-get', 'dpkg-deb']) {
    if (!isInstalled(program)) {
      throw new ImageError(
        `without docker, podman and buildah an image is made of Debian packages, and here is no ${program}: ` +
          'install one of docker, podman and buildah, or run this on Debian or Ubuntu',
      );
    }
  }
  const scratch = await mkdtemp(join(tmpdir(), 'plumbline-debian-'));
  try {
    const files = await download(scratch, platform);
    for (const file of files) await unpack(file, rootfs);
    await mergeLibraryFolders(rootfs);
    await writeFiles(rootfs);
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** Packages into `scratch`, with an apt state of its own. @returns their files */
async function download(scratch: string, platform: Platform): Promise<readonly string[]> {
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
  const options = { cwd: join(scratch, 'packages'), env: { APT_CONFIG: config, LC_ALL: 'C' } };
  try {
    await output(['apt-get', 'update', '-qq'], options);
    await output(['apt-get', 'download', '-qq', ...packages], options);
    const gcc = await output(['apt-cache', 'depends', '--important', 'libgcc-s1'], options);
    // It has the licence of the two libraries of GCC.
    const base = /gcc-\d+-base/.exec(gcc)?.[0];
    if (base !== undefined) await output(['apt-get', 'download', '-qq', base], options);
  } catch (cause) {
    throw new ImageError(`apt does not get the packages of ${platform.name}: ${String(cause)}`, { cause });
  }
  const names = await readdir(options.cwd);
  return names.sort().map((name) => join(options.cwd, name));
}

async function unpack(file: string, rootfs: string): Promise<void> {
  const content = `${file}.content`;
  await output(['dpkg-deb', '-x', file, content]);
  const control = await output(['dpkg-deb', '-f', file]);
  const name = /^Package: (.+)$/m.exec(control)?.[1] ?? '';
  const record = join(rootfs, 'var', 'lib', 'dpkg', 'status.d', name);
  await mkdir(dirname(record), { recursive: true });
  await writeFile(record, control);
  for (const path of await wanted(content)) {
    await mkdir(dirname(join(rootfs, path)), { recursive: true });
    await cp(join(content, path), join(rootfs, path), { verbatimSymlinks: true });
  }
  const authorities = join(content, 'usr', 'share', 'ca-certificates', 'mozilla');
  if (existsSync(authorities)) await bundleCertificates(authorities, join(rootfs, 'etc', 'ssl', 'certs'));
}

async function wanted(content: string): Promise<readonly string[]> {
  const entries = await readdir(content, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(content.length + 1))
    .filter(
      (path) =>
        libraries.test(`/${path}`) || /^usr\/share\/doc\/[^/]+\/copyright$/.test(path) || path === 'usr/lib/os-release',
    );
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
