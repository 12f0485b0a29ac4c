import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { moveToBin } from './go';
import { pinsDirectory } from './home';
import type { Tool } from './tool';

const source = 'github.com/prometheus/alertmanager';
const programs = ['alertmanager', 'amtool'] as const;
const pins = ['go.mod', 'go.sum'].map((file) => join('alertmanager', file));

/**
 * Alertmanager and amtool. The module lacks the web page that it embeds, which its makers build by Node.js, so it is copied and gets an empty
 * one: everything but the page is as in their release.
 */
export function alertmanager(version: string): Tool {
  const flags = ['-mod=vendor', '-trimpath', '-buildvcs=false', '-ldflags'];
  flags.push(`-s -w -X github.com/prometheus/common/version.Version=${version}`);
  return {
    name: 'alertmanager',
    version,
    clients: ['go'],
    pins,
    recipe: flags,
    outputs: programs.map((program) => join('bin', program)),
    estimate: '1 min',
    async install(workshop) {
      const inScratch = (...path: readonly string[]) => join(workshop.scratch, ...path);
      await Promise.all(
        ['go.mod', 'go.sum'].map((file) => copyFile(join(pinsDirectory, 'alertmanager', file), inScratch(file))),
      );
      // `-e`: goes on where the page is not there.
      await workshop.run('go', ['mod', 'vendor', '-e']);
      const page = inScratch('vendor', source, 'ui', 'app', 'dist');
      await mkdir(page, { recursive: true });
      await writeFile(join(page, 'index.html'), '<title>Alertmanager</title>\n');
      for (const program of programs) {
        await workshop.run('go', ['build', ...flags, '-o', inScratch(program), `${source}/cmd/${program}`]);
        await moveToBin(workshop, inScratch(program), program);
      }
    },
  };
}
