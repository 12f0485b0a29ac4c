import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { goPrograms } from './go';
import { pinsDirectory } from './home';
import type { Tool } from './tool';

const source = 'github.com/argoproj/argo-cd/v3';
const definitions = ['application-crd.yaml', 'appproject-crd.yaml'];

/** Argo CD without its page, one binary that looks at the name it is started under, and the definitions of its kinds. */
export function argoCd(version: string): Tool {
  const programs = goPrograms({
    name: 'argocd',
    version,
    estimate: '10 min',
    programs: { argocd: `${source}/cmd` },
    aliases: { 'argocd-repo-server': 'argocd', 'argocd-application-controller': 'argocd' },
    variables: { [`${source}/common.version`]: version },
    pureGo: true,
  });
  return {
    ...programs,
    onDemand: true,
    outputs: [...programs.outputs, ...definitions.map((file) => join('argocd', file))],
    async install(workshop) {
      await programs.install(workshop);
      const folder = workshop.home.path('argocd');
      await mkdir(folder, { recursive: true });
      const copy = `cd "$(go list -m -f '{{.Dir}}' ${source})/manifests/crds" && install -m 644 ${definitions.join(' ')} "$1"`;
      await workshop.run('sh', ['-c', copy, 'copy', folder], { cwd: join(pinsDirectory, 'argocd') });
    },
  };
}
