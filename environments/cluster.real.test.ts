import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { renderedFolder } from '../tools/checks/check';
import { startSimulatedCluster, type SimulatedClusterPeer } from '../tools/peers';
import { thesis } from './thesis';

const folder = join(renderedFolder, thesis.name);
const namespacesFile = '00-namespaces.k8s.yaml';
const otherFiles = readdirSync(folder)
  .filter((name) => name !== namespacesFile)
  .toSorted();
const namespaces = Array.from(new Set(Object.values(thesis.namespaces ?? {})));

describe('The thesis environment on one node of 4 CPU and 8 GiB', () => {
  let cluster: SimulatedClusterPeer;
  beforeAll(async () => {
    cluster = await startSimulatedCluster([{ cpus: 4, memoryGiB: 8 }]);
  });
  afterAll(() => cluster.stop());

  const apply = (file: string) => cluster.kubectl(['apply', '--server-side', '--warnings-as-errors', '-f', file]);

  /** Applies the namespaces and then one file after another, and waits until all of it is as it should be. */
  async function deploy(files: readonly string[]): Promise<void> {
    for (const file of [namespacesFile, ...files]) await apply(join(folder, file));
    await cluster.settle();
  }

  /** `kind/namespace/name generation` of everything in the folder. */
  async function generations(): Promise<readonly string[]> {
    const columns = 'custom-columns=K:.kind,NS:.metadata.namespace,N:.metadata.name,G:.metadata.generation';
    const { stdout } = await cluster.kubectl(['get', '-f', folder, '--no-headers', '-o', columns]);
    return stdout.trim().split('\n').toSorted();
  }

  it('fits: every pod of it is scheduled and every claim bound, its jobs all at the same time', async () => {
    await deploy(otherFiles);
    await cluster.kubectl(['create', 'job', '--namespace=plumbline', '--from=cronjob/objects-expiry', 'expiry-now']);
    await cluster.settle();
    await cluster.kubectl(['delete', 'job', '--namespace=plumbline', 'expiry-now']);
  });

  it('is not changed by being applied again beside the controllers', async () => {
    const before = await generations();
    expect(before.length).toBeGreaterThan(50);
    await apply(folder);
    expect(await generations()).toEqual(before);
    expect((await cluster.kubectl(['diff', '--server-side', '-f', folder])).stdout).toBe('');
  });

  it('has room to be restarted, everything at once', async () => {
    for (const namespace of namespaces) {
      await cluster.kubectl(['rollout', 'restart', 'deployment,statefulset', '--namespace', namespace]);
    }
    await cluster.settle(120_000);
  });

  // Of two files each comes first once: in the alphabet above, and here.
  it('comes to the same when its files are applied the other way round, namespaces first', async () => {
    await cluster.kubectl(['delete', 'namespace', ...namespaces, '--timeout=120s']);
    await deploy(otherFiles.toReversed());
    expect((await cluster.kubectl(['diff', '--server-side', '-f', folder])).stdout).toBe('');
  });
});
