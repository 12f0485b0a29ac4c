import { join } from 'node:path';
import { readEnvironment, renderedEnvironments } from '../../constructs/invariants';
import { renderedFolder } from '../checks/check';
import { olderMinors, startApiServer, type ApiServerPeer } from '../peers';
import { accept, Report } from './report';

/** Of the kinds that are not Kubernetes’ own. */
const definitions = join(__dirname, '..', '..', 'imports', 'crds');

/**
 * Every environment of `dist/`, each at a fresh API server of every older minor version that is supported: it is accepted
 * without a warning, also by Pod Security, has no field that is not known there, and is not changed by a second time.
 *
 * @throws {ToolMissingError} before `npm run tools -- --only` with the names of these servers
 * @throws {Error} of what does not hold, with what the server says
 */
export async function acceptMinors(): Promise<void> {
  const report = new Report();
  for (const minor of olderMinors) {
    for (const environment of renderedEnvironments(renderedFolder)) {
      const api = await startApiServer({ minor });
      try {
        await acceptEnvironment(report, api, minor, environment);
      } finally {
        await api.stop();
      }
    }
  }
}

async function acceptEnvironment(
  report: Report,
  api: ApiServerPeer,
  minor: string,
  environment: string,
): Promise<void> {
  const folder = join(renderedFolder, environment);
  const apply = ['apply', '--server-side', '--warnings-as-errors', '-f', folder];
  const at = `${environment} at Kubernetes ${minor}`;

  await report.step(
    `a server for ${at}`,
    () => versionOf(api, minor),
    (version) => version,
  );
  await report.step('the definitions of custom resources', async () => {
    await api.kubectl(['apply', '--server-side', '-f', definitions]);
    await api.kubectl(['wait', 'crd', '--all', '--for=condition=Established', '--timeout=60s']);
  });
  await report.step(
    'namespaces of others, that something of it is in',
    () => makeNamespacesOfOthers(api, folder),
    (made) => made.join(', ') || 'none',
  );
  await report.step(
    `${at} is applied without a warning`,
    async () => (await api.kubectl([...apply, '--output=name'])).stdout.trim().split('\n').length,
    (count) => `${count} objects`,
  );
  await report.step(`${at} is not changed by a second time, and has no difference`, async () => {
    const before = await generations(api, folder);
    await api.kubectl(apply);
    accept((await generations(api, folder)) === before, `${at}: a second apply changes what nobody changed`);
    const { stdout: difference } = await api.kubectl(['diff', '--server-side', '-f', folder]);
    accept(difference === '', `${at}: the server keeps something else than was applied:\n${difference}`);
  });
}

/** Such as that of cert-manager, in which the key of an authority is: they are there before, and no manifest makes them. */
async function makeNamespacesOfOthers(api: ApiServerPeer, folder: string): Promise<readonly string[]> {
  const objects = readEnvironment(folder);
  const there = (await api.kubectl(['get', 'namespaces', '--output=name'])).stdout
    .split('\n')
    .map((name) => name.replace('namespace/', ''));
  const own = objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name);
  const named = new Set(objects.flatMap(({ metadata: { namespace } }) => (namespace === undefined ? [] : [namespace])));
  const missing = Array.from(named).filter((name) => !own.includes(name) && !there.includes(name));
  for (const name of missing) await api.kubectl(['create', 'namespace', name]);
  return missing;
}

async function versionOf(api: ApiServerPeer, minor: string): Promise<string> {
  const { stdout } = await api.kubectl(['get', '--raw', '/version']);
  const { gitVersion } = JSON.parse(stdout) as { readonly gitVersion: string };
  accept(gitVersion.startsWith(`v${minor}.`), `The server for Kubernetes ${minor} says that it is ${gitVersion}`);
  return gitVersion;
}

async function generations(api: ApiServerPeer, folder: string): Promise<string> {
  const columns = 'custom-columns=K:.kind,NS:.metadata.namespace,N:.metadata.name,G:.metadata.generation';
  return (await api.kubectl(['get', '-f', folder, '-o', columns])).stdout;
}
