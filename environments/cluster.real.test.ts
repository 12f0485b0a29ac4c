import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { present, singleFileName } from '../constructs';
import { asYaml, renderApp } from '../constructs/testing';
import { platform } from '../main';
import { renderedFolder } from '../tools/checks/check';
import { startSimulatedCluster, type SimulatedClusterPeer } from '../tools/peers';
import { enterprise, enterpriseOf, exampleOptions } from './enterprise';
import { enterpriseSizes } from './enterprise-sizes';
import { minimal } from './minimal';
import { thesis } from './thesis';

const namespacesFile = '00-namespaces.k8s.yaml';
const small = { cpus: 4, memoryGiB: 8 };
const large = { cpus: 4, memoryGiB: 16 };

/** What autoscalers of a folder scale. */
function autoscalersIn(folder: string) {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.k8s.yaml'))
    .flatMap((name) => parseAllDocuments(readFileSync(join(folder, name), 'utf8')))
    .map((document) => document.toJS() as Autoscaler | null)
    .flatMap((object) => {
      if (object?.kind !== 'HorizontalPodAutoscaler') return [];
      const { metadata, spec } = object;
      return [{ ...metadata, name: spec.scaleTargetRef.name, least: spec.minReplicas, most: spec.maxReplicas }];
    });
}

interface Autoscaler {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly scaleTargetRef: { readonly name: string };
    readonly minReplicas: number;
    readonly maxReplicas: number;
  };
}

describe.each([
  { environment: thesis, where: 'one node of 4 CPU and 8 GiB', nodes: [small] },
  { environment: minimal, where: 'three nodes of 4 CPU and 16 GiB', nodes: [large, large, large] },
  { environment: enterprise, where: 'three of four nodes of 4 CPU and 16 GiB', nodes: [large, large, large, large] },
])('The $environment.name environment on $where', ({ environment, nodes }) => {
  const folder = join(renderedFolder, environment.name);
  const otherFiles = readdirSync(folder)
    .filter((name) => name.endsWith('.k8s.yaml') && name !== namespacesFile)
    .toSorted();
  const everyFile = [namespacesFile, ...otherFiles].flatMap((name) => ['-f', join(folder, name)]);
  const { namespaces: byConcern = {}, defaultNamespace, cluster: { nodeSelector = {} } = {} } = environment;
  const namespaces = Array.from(new Set([...Object.values(byConcern), ...present([defaultNamespace])]));
  let cluster: SimulatedClusterPeer;
  beforeAll(async () => {
    cluster = await startSimulatedCluster(nodes);
    const labels = Object.entries(nodeSelector).map(([key, value]) => `${key}=${value}`);
    // One is left as it is: for whoever else is there.
    const chosen = nodes.slice(1).map((_, index) => `node/node-${index}`);
    if (labels.length > 0) await cluster.kubectl(['label', ...chosen, ...labels]);
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

  /** Waits until autoscalers have made as many pods as there are to be at least: their Deployments are rendered without a number. */
  async function leastScaled(): Promise<void> {
    for (const { name, namespace, least } of autoscalersIn(folder)) {
      const asked = ['get', `deployment/${name}`, `--namespace=${namespace}`, '-o', 'jsonpath={.spec.replicas}'];
      while (Number((await cluster.kubectl(asked)).stdout) < least) await sleep(500);
    }
    await cluster.settle();
  }

  it('is not changed by being applied again beside the controllers', async () => {
    await leastScaled();
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

  if (Object.keys(nodeSelector).length > 0)
    it('is on the nodes that have its label, and agents are on every one', async () => {
      const columns = ['-o', 'jsonpath={range .items[*]}{.spec.nodeName}{"\\n"}{end}'];
      const nodesOf = async (namespace: string) => {
        const { stdout } = await cluster.kubectl(['get', 'pods', `--namespace=${namespace}`, ...columns]);
        return [...new Set(stdout.trim().split('\n'))].toSorted();
      };
      const all = nodes.map((_, index) => `node-${index}`);
      expect(await nodesOf(defaultNamespace ?? '')).toEqual(all.slice(0, -1));
      expect(await nodesOf(byConcern.nodes ?? '')).toEqual(all);
    });

  const scaled = autoscalersIn(folder);
  if (scaled.length > 0)
    it.each(scaled)('has room for as many and as few pods of $name as its autoscaler may want', async (autoscaler) => {
      const { name, namespace, least, most } = autoscaler;
      const deployment = [`deployment/${name}`, `--namespace=${namespace}`];
      for (const replicas of [most, least]) {
        await cluster.kubectl(['scale', ...deployment, `--replicas=${replicas}`]);
        await cluster.settle();
        const { stdout } = await cluster.kubectl(['get', ...deployment, '-o', 'jsonpath={.status.readyReplicas}']);
        expect(Number(stdout)).toBe(replicas);
      }
    });

  if (scaled.length > 1)
    it('has room for as many pods as all autoscalers together may want', async () => {
      for (const bound of ['most', 'least'] as const) {
        for (const { name, namespace, [bound]: replicas } of scaled)
          await cluster.kubectl(['scale', `deployment/${name}`, `--namespace=${namespace}`, `--replicas=${replicas}`]);
        await cluster.settle();
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

describe.each([
  { size: 'medium', nodes: { cpus: 8, memoryGiB: 32 } },
  { size: 'large', nodes: { cpus: 16, memoryGiB: 64 } },
] as const)('The enterprise environment of the size $size', ({ size, nodes }) => {
  const objects = renderApp(platform(enterpriseOf({ ...exampleOptions, size: enterpriseSizes[size] })));
  const namespaces = objects.filter(({ kind }) => kind === 'Namespace');
  let cluster: SimulatedClusterPeer;
  beforeAll(async () => {
    cluster = await startSimulatedCluster([nodes, nodes, nodes]);
    await cluster.kubectl(['label', 'node', '--all', 'ao-node=observability']);
  });
  afterAll(() => cluster.stop());

  it(`fits three nodes of ${nodes.cpus} CPU and ${nodes.memoryGiB} GiB, also with as many pods as autoscalers may want`, async () => {
    const apply = ['apply', '--server-side', '--warnings-as-errors', '-f', '-'];
    await cluster.kubectl(apply, asYaml(namespaces));
    await cluster.kubectl(apply, asYaml(objects.filter((each) => !namespaces.includes(each))));
    await cluster.settle();
    for (const autoscaler of objects.filter(({ kind }) => kind === 'HorizontalPodAutoscaler')) {
      const { metadata, spec } = autoscaler as unknown as Autoscaler;
      const deployment = [`deployment/${spec.scaleTargetRef.name}`, `--namespace=${metadata.namespace}`];
      await cluster.kubectl(['scale', ...deployment, `--replicas=${spec.maxReplicas}`]);
    }
    await cluster.settle();
  });
});
