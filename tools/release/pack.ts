import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { output } from '../image/commands';

const root = join(__dirname, '..', '..');

/** What is in package.json for work on this repository, and of no use to whoever installs the package. */
const ofTheRepository = ['private', 'scripts', 'workspaces', 'devDependencies', 'overrides'];

/** A package as it is published. */
export interface PackedPackage {
  readonly name: string;
  readonly file: string;
}

/**
 * Packs the library and the command, as they are published, into a folder, and beside them what the command is made of.
 *
 * @param repository `owner/name` on GitHub, which npm compares with where the package was built; absent: of nowhere
 * @throws {ImageError} if npm or a build fails
 */
export async function packRelease(folder: string, repository?: string): Promise<readonly PackedPackage[]> {
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(tmpdir(), 'plumbline-release-'));
  try {
    // npm's own choice of files, which the test of the packed library looks at.
    await output(['npm', 'pack', '--pack-destination', scratch], { cwd: root });
    const [packed] = (await readdir(scratch)).filter((name) => name.endsWith('.tgz'));
    await output(['tar', '-xzf', join(scratch, packed ?? ''), '-C', scratch]);
    const command = join(scratch, 'command');
    await output([process.execPath, join(root, 'apps', 'cli', 'package.mjs'), command]);
    await copyFile(join(command, 'sbom.cdx.json'), join(folder, 'plumbline-cli.cdx.json'));
    return [await pack(join(scratch, 'package'), folder, repository), await pack(command, folder, repository)];
  } finally {
    await rm(scratch, { recursive: true });
  }
}

async function pack(source: string, folder: string, repository: string | undefined): Promise<PackedPackage> {
  const file = join(source, 'package.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown> & { readonly name: string };
  const published = {
    ...Object.fromEntries(Object.entries(manifest).filter(([key]) => !ofTheRepository.includes(key))),
    ...(repository !== undefined && { repository: { type: 'git', url: `git+https://github.com/${repository}.git` } }),
    publishConfig: { access: 'public' },
  };
  await writeFile(file, `${JSON.stringify(published, null, 2)}\n`);
  const printed = await output(['npm', 'pack', '--json', '--pack-destination', folder], { cwd: source });
  const [{ filename } = { filename: '' }] = JSON.parse(printed) as readonly { readonly filename: string }[];
  return { name: manifest.name, file: join(folder, filename) };
}
