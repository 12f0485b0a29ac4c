import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { platform } from '../main';
import { startSimulatedCluster, type SimulatedClusterPeer } from '../tools/peers';
import { production } from './production';

const namespacesFile = '00-namespaces.k8s.yaml';
const outdir = mkdtempSync(join(tmpdir(), 'plumbline-production-'));
platform({ ...production, outdir }).synth();
const folder = join(outdir, production.name);
const definitions = join(__dirname, '..', 'imports', 'crds');
const zones = ['a', 'b', 'c'];
/** What the page of the environment states: three nodes in each of three zones. */
const nodes = zones.flatMap((zone) => [1, 2, 3].map(() => ({ cpus: 16, memoryGiB: 64, zone })));
const otherFiles = readdirSync(folder)
  .filter((name) => name.endsWith('.k8s.yaml') && name !== namespacesFile)
  .toSorted();
const everyFile = [namespacesFile, ...otherFiles].flatMap((name) => ['-f', join(folder, name)]);

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
  };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

interface Scaled {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly replicas?: number;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  };
}

describe('The production environment on nine nodes of 16 CPU and 64 GiB in three zones', () => {
  let cluster: SimulatedClusterPeer;
  beforeAll(async () => {
    cluster = await startSimulatedCluster(nodes);
    await apply('-f', definitions);
    await cluster.kubectl(['wait', 'crd', '--all', '--for=condition=Established', '--timeout=60s']);
    // Of cert-manager, which is there before.
    await cluster.kubectl(['create', 'namespace', 'cert-manager']);
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(outdir, { recursive: true });
  });

  const apply = (...files: readonly string[]) =>
    cluster.kubectl(['apply', '--server-side', '--warnings-as-errors', ...files]);
  const difference = async () => (await cluster.kubectl(['diff', '--server-side', ...everyFile])).stdout;
  const items = async <T>(kinds: string): Promise<readonly T[]> => {
    const { stdout } = await cluster.kubectl(['get', kinds, '--all-namespaces', '--output=json']);
    return (JSON.parse(stdout) as { readonly items: readonly T[] }).items;
  };

  async function deploy(files: readonly string[]): Promise<void> {
    for (const file of [namespacesFile, ...files]) await apply('-f', join(folder, file));
    await cluster.settle(120_000);
  }

  /** Ready pods of what keeps something, by `namespace/name`. */
  async function readyByStatefulSet(): Promise<ReadonlyMap<string, readonly Pod[]>> {
    const pods = await items<Pod>('pods');
    const sets = await items<Scaled>('statefulsets');
    return new Map(
      sets.map(({ metadata: { name, namespace } }) => [
        `${namespace}/${name}`,
        pods.filter(({ metadata, status }) => {
          const owned = metadata.ownerReferences?.some((owner) => owner.kind === 'StatefulSet' && owner.name === name);
          const ready = status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
          return metadata.namespace === namespace && owned === true && ready === true && !metadata.deletionTimestamp;
        }),
      ]),
    );
  }

  it('fits: every pod of it is scheduled, and every claim bound', async () => {
    await deploy(otherFiles);
  });

  it('has three of a kind in three zones, and two in two', async () => {
    const zoneOf = new Map(nodes.map(({ zone }, index) => [`node-${index}`, zone]));
    const pods = await items<Pod>('pods');
    const scaled = [...(await items<Scaled>('statefulsets')), ...(await items<Scaled>('deployments'))];
    const several = scaled.filter(({ spec }) => (spec.replicas ?? 1) > 1);
    const spread = several.map(({ kind, metadata: { name, namespace }, spec }) => {
      const own = pods.filter(
        ({ metadata }) =>
          metadata.namespace === namespace &&
          Object.entries(spec.selector.matchLabels).every(([key, value]) => metadata.labels[key] === value),
      );
      const places = new Set(own.map((pod) => zoneOf.get(pod.spec.nodeName ?? '')));
      return [`${kind} ${namespace}/${name}`, places.size, Math.min(3, spec.replicas ?? 1)] as const;
    });
    expect(spread.length).toBeGreaterThan(5);
    expect(spread.filter(([, places, wanted]) => places !== wanted)).toEqual([]);
  });

  it('is not changed by being applied again beside the controllers', async () => {
    await apply(...everyFile);
    expect(await difference()).toBe('');
  });

  it('loses one of three at most while a node is drained, and is whole on the others then', async () => {
    const before = await readyByStatefulSet();
    const [node = ''] = Array.from(before.values()).flatMap((pods) => pods.map(({ spec }) => spec.nodeName ?? ''));
    const fewest = new Map(Array.from(before, ([name, pods]) => [name, pods.length]));
    const drained = new AbortController();
    const watching = (async () => {
      while (!drained.signal.aborted) {
        for (const [name, pods] of await readyByStatefulSet())
          fewest.set(name, Math.min(fewest.get(name) ?? pods.length, pods.length));
        await sleep(50);
      }
    })();
    await cluster.kubectl(['drain', node, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=120s']);
    drained.abort();
    await watching;
    await cluster.settle(120_000);
    const lost = Array.from(
      before,
      ([name, pods]) => [name, pods.length, pods.length - (fewest.get(name) ?? 0)] as const,
    );
    expect(lost.filter(([, count, gone]) => count >= 3 && gone > 1)).toEqual([]);
    const moved = Array.from(before.values()).filter(
      (pods) => pods.length >= 3 && pods.some(({ spec }) => spec.nodeName === node),
    );
    expect(moved.length).toBeGreaterThan(1);
    for (const [name, pods] of await readyByStatefulSet())
      expect([name, pods.length]).toEqual([name, before.get(name)?.length]);
    expect(
      (await items<Pod>('pods')).filter(({ spec, metadata }) => spec.nodeName === node && !isOfNode(metadata)),
    ).toEqual([]);
    await cluster.kubectl(['uncordon', node]);
  });

  it('comes to the same when its files are applied the other way round, namespaces first', async () => {
    const namespaces = [...new Set(Object.values(production.namespaces ?? {}))];
    await cluster.kubectl(['delete', 'namespace', ...namespaces, '--timeout=180s']);
    await deploy(otherFiles.toReversed());
    expect(await difference()).toBe('');
  });
});

function isOfNode({ ownerReferences = [] }: Pod['metadata']): boolean {
  return ownerReferences.some(({ kind }) => kind === 'DaemonSet');
}
