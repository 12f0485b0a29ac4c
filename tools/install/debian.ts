import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tool, Workshop } from './tool';

/** Programs of Debian's packages. */
export interface DebianProgramsOptions {
  /** Also its folder in the tools' home. */
  readonly name: string;
  /** What is had of them is of the release of this machine; this is of Debian 12, where it was tried. */
  readonly version: string;
  /** Packages; what they depend on and this machine has not comes with them. */
  readonly packages: readonly string[];
  /** Where each program is in the packages, by the name under which it is started. */
  readonly programs: Readonly<Record<string, string>>;
  /** Variables that the programs need, with `$root` for the folder of what was unpacked. @default - only where libraries are */
  readonly env?: Readonly<Record<string, string>>;
  readonly estimate: string;
  /** See {@link Tool.onDemand}. */
  readonly onDemand?: boolean;
}

/**
 * Programs out of Debian's packages, which apt gets from where this machine gets its own, and which are only unpacked: nothing is installed,
 * and nobody has to be root. Each is started by a script of its name that says where its libraries are.
 */
export function debianPrograms(options: DebianProgramsOptions): Tool {
  const { name, version, packages, programs, env = {}, estimate, onDemand = false } = options;
  return {
    name,
    version,
    clients: ['apt-get', 'dpkg-deb'],
    pins: [],
    recipe: ['unpack', ...packages, JSON.stringify(programs), JSON.stringify(env)],
    outputs: Object.keys(programs).map((program) => join('bin', program)),
    estimate,
    onDemand,
    async install(workshop) {
      const root = workshop.home.path(name);
      await rm(root, { recursive: true, force: true });
      await mkdir(root, { recursive: true });
      for (const file of await download(workshop, packages)) await workshop.run('dpkg-deb', ['--extract', file, root]);
      await mkdir(workshop.home.path('bin'), { recursive: true });
      for (const [program, path] of Object.entries(programs)) {
        const script = workshop.home.path('bin', program);
        await writeFile(script, launcher(root, path, env));
        await chmod(script, 0o755);
      }
    },
  };
}

/** Packages into the scratch folder, by an apt that has a state of its own and knows what this machine has. @returns their files */
async function download(workshop: Workshop, packages: readonly string[]): Promise<readonly string[]> {
  const inScratch = (...path: readonly string[]) => join(workshop.scratch, ...path);
  const folders = [inScratch('cache', 'archives'), inScratch('packages')];
  for (const folder of [inScratch('state', 'lists', 'partial'), join(folders[0] ?? '', 'partial'), ...folders]) {
    await mkdir(folder, { recursive: true });
  }
  const settings = {
    'Dir::State': inScratch('state'),
    'Dir::State::status': '/var/lib/dpkg/status',
    'Dir::Cache': inScratch('cache'),
    'Acquire::Languages': 'none',
    // Its own user may not write here.
    'APT::Sandbox::User': '',
    // Nothing is installed, so whoever installs something meanwhile is in nobody's way.
    'Debug::NoLocking': 'true',
  };
  const config = inScratch('apt.conf');
  await writeFile(
    config,
    Object.entries(settings)
      .map(([key, value]) => `${key} "${value}";\n`)
      .join(''),
  );
  const runOptions = { cwd: inScratch('packages'), env: { APT_CONFIG: config, LC_ALL: 'C' } };
  await workshop.run('apt-get', ['update', '-qq'], runOptions);
  // Whether or not this machine has them.
  await workshop.run('apt-get', ['download', '-qq', ...packages], runOptions);
  const wanted = ['install', '--download-only', '--yes', '-qq', '--no-install-recommends', ...packages];
  await workshop.run('apt-get', wanted, runOptions);
  const found = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(folder)).filter((file) => file.endsWith('.deb')).map((file) => join(folder, file)),
    ),
  );
  return found.flat();
}

function launcher(root: string, path: string, env: Readonly<Record<string, string>>): string {
  const lines = Object.entries(env).map(([key, value]) => `export ${key}="${value}"`);
  return [
    '#!/bin/sh',
    `root='${root.replaceAll("'", "'\\''")}'`,
    'machine=$(uname -m)-linux-gnu',
    'export LD_LIBRARY_PATH="$root/usr/lib/$machine:$root/lib/$machine${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"',
    'export PATH="$root/usr/bin:$root/usr/sbin:$PATH"',
    ...lines,
    `exec "$root/${path}" "$@"`,
    '',
  ].join('\n');
}
