import type { CredentialsJob } from '@plumbline/contracts';
import { accept, type Report } from '../report';
import type { NodeCluster } from './cluster';
import { apply, podsOf, renderedObject, renderedObjects } from './objects';
import { eventually } from '../../../apps/end-to-end/eventually';

const namespace = 'plumbline';
/** The policy of the Job knows ports of API servers; this is none of them. */
const unknownPort = 7777;
const apiPorts = [16443, 6443] as const;

/**
 * The Job of credentials, as rendered: its Secrets come to be through the policies, wherever the API server listens, and not
 * where the policies do not let it.
 */
export async function acceptCredentials(report: Report, cluster: NodeCluster): Promise<void> {
  const objects = renderedObjects('credentials');
  const job = objects.find(({ kind }) => kind === 'Job');
  const file = renderedObject(objects, 'ConfigMap', 'credentials-job').data?.['job.json'] ?? '';
  const { secrets } = JSON.parse(file) as CredentialsJob;
  const wanted = secrets
    .flatMap((secret) => [secret, ...secret.copies])
    .map((secret) => `${secret.namespace}/${secret.name}`)
    .sort();
  const name = job?.metadata.name ?? '';

  await report.step(`the credentials Job makes no Secret with the API server on port ${unknownPort}`, async () => {
    await cluster.serveApiAt(unknownPort);
    await apply(cluster.kubectl, objects);
    await eventually('what the Job says of the API server it does not reach', async () => {
      const [pod] = await podsOf(cluster.kubectl, namespace, 'credentials');
      const said = pod === undefined ? '' : await cluster.logs(namespace, pod.metadata.name);
      return said.includes('no answer for') ? said : undefined;
    });
    accept((await generated(cluster)).length === 0, 'there are Secrets that a policy should have prevented');
  });
  for (const port of apiPorts) {
    await report.step(
      `the credentials Job makes its Secrets through the policies with the API server on port ${port}`,
      async () => {
        await removeAll(cluster, name);
        await cluster.serveApiAt(port);
        await apply(cluster.kubectl, objects);
        await waitForJob(cluster, namespace, name);
        const made = await generated(cluster);
        accept(made.join() === wanted.join(), `the Secrets are ${made.join()}, and not ${wanted.join()}`);
        return made;
      },
      (made) => `${made.length} of ${wanted.length}`,
    );
  }
}

/** @throws {ProgramFailedError} with the end of what its pods printed in the error's cause, if it does not complete */
export async function waitForJob(cluster: NodeCluster, of: string, job: string): Promise<void> {
  const wait = ['wait', 'job', job, `--namespace=${of}`, '--for=condition=Complete', '--timeout=110s'];
  await cluster.kubectl(wait).catch(async (cause: unknown) => {
    const said = (await cluster.logs(of, job)).slice(-4_000);
    const events = ['get', 'events', `--namespace=${of}`, '--field-selector=type=Warning', '--no-headers'];
    const warnings = (await cluster.kubectl(events)).stdout.slice(-2_000);
    throw new Error(`Job ${job} does not complete; it said:\n${said}\nWarnings:\n${warnings}`, { cause });
  });
}

async function generated(cluster: NodeCluster): Promise<readonly string[]> {
  const { stdout } = await cluster.kubectl([
    ...['get', 'secrets', '--all-namespaces', '--selector=app.kubernetes.io/managed-by=plumbline-credentials'],
    '--output=jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name}{"\\n"}{end}',
  ]);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

async function removeAll(cluster: NodeCluster, job: string): Promise<void> {
  await cluster.kubectl(['delete', 'job', job, `--namespace=${namespace}`, '--ignore-not-found', '--timeout=60s']);
  const managed = '--selector=app.kubernetes.io/managed-by=plumbline-credentials';
  await cluster.kubectl(['delete', 'secrets', '--all-namespaces', managed]);
}
