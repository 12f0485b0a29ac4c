import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { present, singleFileName } from '../constructs';
import { renderedFolder } from '../tools/checks/check';
import { startSimulatedCluster, type SimulatedClusterPeer } from '../tools/peers';
import { minimal } from './minimal';
import { thesis } from './thesis';

const namespacesFile = '00-namespaces.k8s.yaml';
const small = { cpus: 4, memoryGiB: 8 };
const large = { cpus: 4, memoryGiB: 16 };

describe.each([
  { environment: thesis, where: 'one node of 4 CPU and 8 GiB', nodes: [small] },
  { environment: minimal, where: 'three nodes of 4 CPU and 16 GiB', nodes: [large, large, large] },
])('The $environment.name environment on $where', ({ environment, nodes }) => {
  const folder = join(renderedFolder, environment.name);
  const otherFiles = readdirSync(folder)
    .filter((name) => name.endsWith('.k8s.yaml') && name !== namespacesFile)
    .toSorted();
  const everyFile = [namespacesFile, ...otherFiles].flatMap((name) => ['-f', join(folder, name)]);
  const { namespaces: byConcern = {}, defaultNamespace } = environment;
  const namespaces = Array.from(new Set([...Object.values(byConcern), ...present([defaultNamespace])]));
  let cluster: SimulatedClusterPeer;
  beforeAll(async () => {
    cluster = await startSimulatedCluster(nodes);
  });
  afterAll(() => cluster.stop());

  const apply = (...files: readonly string[]) =>
    cluster.kubectl(['apply', '--server-side', '--warnings-as-errors', ...files]);
  const difference = async () => (await cluster.kubectl(['diff', '--server-side', ...everyFile])).stdout;

  /** Applies the namespaces and then one file after another, and waits until all of it is as it should be. */
  async function deploy(files: readonly string[]): Promise<void> {
    for (const file of [namespacesFile, ...files]) await apply('-f', join(folder, file));
    await cluster.settle();
  }

  /** `kind/namespace/name generation` of everything in the folder. */
  async function generations(): Promise<readonly string[]> {
    const columns = 'custom-columns=K:.kind,NS:.metadata.namespace,N:.metadata.name,G:.metadata.generation';
    const { stdout } = await cluster.kubectl(['get', ...everyFile, '--no-headers', '-o', columns]);
    return stdout.trim().split('\n').toSorted();
  }

  it('fits: every pod of it is scheduled and every claim bound, its jobs all at the same time', async () => {
    await deploy(otherFiles);
    const namespace = `--namespace=${byConcern.storage ?? defaultNamespace}`;
    await cluster.kubectl(['create', 'job', namespace, '--from=cronjob/objects-expiry', 'expiry-now']);
    await cluster.settle();
    await cluster.kubectl(['delete', 'job', namespace, 'expiry-now']);
  });

  it('is not changed by being applied again beside the controllers', async () => {
    const before = await generations();
    expect(before.length).toBeGreaterThan(50);
    await apply(...everyFile);
    expect(await generations()).toEqual(before);
    expect(await difference()).toBe('');
  });

  it('has room to be restarted, everything at once', async () => {
    for (const namespace of namespaces) {
      await cluster.kubectl(['rollout', 'restart', 'deployment,statefulset', '--namespace', namespace]);
    }
    await cluster.settle(120_000);
  });

  const autoscaler = environment.otel?.ingestor?.autoscaler;
  if (autoscaler !== undefined)
    it('has room for as many and as few collectors as their autoscaler may want', async () => {
      const deployment = ['deployment/otel-ingestor', `--namespace=${byConcern.collection ?? defaultNamespace}`];
      for (const replicas of [autoscaler.maxReplicas, autoscaler.minReplicas]) {
        await cluster.kubectl(['scale', ...deployment, `--replicas=${replicas}`]);
        await cluster.settle();
        const { stdout } = await cluster.kubectl(['get', ...deployment, '-o', 'jsonpath={.status.readyReplicas}']);
        expect(Number(stdout)).toBe(replicas);
      }
    });

  // Of two files each comes first once: in the alphabet above, and here.
  it('comes to the same when its files are applied the other way round, namespaces first', async () => {
    await cluster.kubectl(['delete', 'namespace', ...namespaces, '--timeout=120s']);
    await deploy(otherFiles.toReversed());
    expect(await difference()).toBe('');
  });

  const { singleFile } = environment;
  if (singleFile !== undefined)
    it('is not changed by its one file, which has all of it but what is left out', async () => {
      const documentsIn = (name: string) => parseAllDocuments(readFileSync(join(folder, name), 'utf8')).length;
      const left = (singleFile.without ?? []).map((concern) => documentsIn(`${concern}.k8s.yaml`));
      const before = await generations();
      await apply('-f', join(folder, singleFileName));
      expect(await generations()).toEqual(before);
      expect(documentsIn(singleFileName)).toBe(before.length - left.reduce((sum, each) => sum + each, 0));
    });
});
