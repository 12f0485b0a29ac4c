import { mkdir, mkdtemp } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { runProgram } from '../../peers';
import { program } from '../../peers/installed';
import { writeArchive } from '../../image/oci';
import { hostPlatform } from '../../image/platforms';
import type { NodeCluster } from './cluster';

/** Programs that `npm run tools` made, by the end of the name that their image has in a registry, and what that image starts. */
const programs = {
  '/alertmanager': { tool: 'alertmanager', entrypoint: '/bin/alertmanager' },
  '/loki': { tool: 'loki', entrypoint: '/usr/bin/loki' },
  '/mimir': { tool: 'mimir', entrypoint: '/bin/mimir' },
  '/tempo': { tool: 'tempo', entrypoint: '/tempo' },
  '/opentelemetry-collector-contrib': { tool: 'otelcol', entrypoint: '/otelcol-contrib' },
  '/prometheus': { tool: 'prometheus', entrypoint: '/bin/prometheus' },
  '/versitygw': { tool: 'versitygw', entrypoint: '/usr/bin/versitygw' },
} as const;

/**
 * Gives the node images of servers that it cannot pull: the program as it was built here, with the libraries that it names,
 * under the name that is rendered. It is the server itself, in another file system than that of its own image.
 *
 * @param references of images that are rendered
 * @returns those for which there is a program
 */
export async function importLocalImages(
  cluster: NodeCluster,
  directory: string,
  references: readonly string[],
): Promise<readonly string[]> {
  const made: string[] = [];
  for (const reference of references) {
    const repository = reference.replace(/(:[^/:]+)?(@.*)?$/, '');
    const found = Object.entries(programs).find(([end]) => repository.endsWith(end))?.[1];
    if (found === undefined) continue;
    const { tool, entrypoint } = found;
    const scratch = await mkdtemp(join(directory, `${tool}-`));
    const rootfs = join(scratch, 'rootfs');
    for (const [file, path] of [[program(tool), entrypoint] as const, ...(await librariesOf(program(tool)))]) {
      await mkdir(join(rootfs, dirname(path)), { recursive: true });
      await runProgram('cp', ['--dereference', file, join(rootfs, path)]);
    }
    // Go looks for a folder of temporary files, a volume where there is one.
    await mkdir(join(rootfs, 'tmp'), { recursive: true });
    const config = { User: '65534:65534', Env: ['PATH=/usr/bin:/bin'], Entrypoint: [entrypoint] };
    const layers = [{ rootfs, createdBy: basename(entrypoint) }];
    const archive = join(scratch, 'image.tar');
    await writeArchive(archive, reference, [{ platform: hostPlatform(), layers, config, labels: {} }], scratch);
    await cluster.importImage(archive);
    made.push(reference);
  }
  return made;
}

/** Files that a program is linked to, each with the path under which it is looked for. */
async function librariesOf(file: string): Promise<readonly (readonly [string, string])[]> {
  // A program that is linked to nothing has it end with 1.
  const { stdout } = await runProgram('ldd', [file], { exitCodes: [0, 1] });
  return Array.from(stdout.matchAll(/(\/\S+) \(0x/g), ([, path = '']) => [path, path] as const);
}
