import { join } from 'node:path';
import { eventually } from '../apps/end-to-end/eventually';
import { applicationWave } from '../constructs/gitops/waves';
import { readEnvironment } from '../constructs/invariants';
import { renderedFolder } from '../tools/checks/check';
import { startArgoCd, startSimulatedCluster, type ArgoCdPeer, type SimulatedClusterPeer } from '../tools/peers';
import { environments, minimal, production } from '.';
import { answerForOperators, configurationOfPage, endJobs, faultsOf, LocalRepository } from './argocd.testing';

const definitions = join(__dirname, '..', 'imports', 'crds');
const node = { cpus: 8, memoryGiB: 32 };
/** As many, and as large, as the page of `production` says. */
const nodesOfProduction = ['a', 'b', 'c'].flatMap((zone) => [1, 2, 3].map(() => ({ cpus: 16, memoryGiB: 64, zone })));
const patience = { timeoutMs: 200_000, everyMs: 1_000 };

// Each takes minutes; all of them are `npm run test:argocd`.
const tried = process.env.PLUMBLINE_ALONE === '1' ? environments : [minimal];

describe.each(tried)('Argo CD, given the environment $name', (environment) => {
  let cluster: SimulatedClusterPeer;
  let argo: ArgoCdPeer | undefined;
  let repository: LocalRepository;
  beforeAll(async () => {
    repository = await LocalRepository.of(environment);
    cluster = await startSimulatedCluster(environment === production ? nodesOfProduction : [node, node, node]);
    const labels = Object.entries(environment.cluster?.nodeSelector ?? {}).map(([key, value]) => `${key}=${value}`);
    if (labels.length > 0) await cluster.kubectl(['label', 'node', '--all', ...labels]);
    await cluster.kubectl(['apply', '--server-side', '-f', definitions]);
    await cluster.kubectl(['create', 'namespace', 'cert-manager']);
    argo = await startArgoCd(cluster);
    const configure = ['apply', '--server-side', '--force-conflicts', '-f', '-'];
    await cluster.kubectl(configure, await configurationOfPage());
  });
  afterAll(async () => {
    await argo?.stop();
    await cluster.stop();
  });

  const applications = async () => (await argo?.applications()) ?? [];
  const refresh = async () => argo?.refresh();
  const get = async (...args: readonly string[]) => (await cluster.kubectl(['get', ...args])).stdout.trim();
  const uidOf = (name: string, namespace: string) =>
    get(name, `--namespace=${namespace}`, '--ignore-not-found', '--output=jsonpath={.metadata.uid}');

  /** Waits until every Application is as it should be.  */
  async function settled(look?: (names: ReadonlySet<string>, healthy: ReadonlySet<string>) => void): Promise<void> {
    let faults: readonly string[] = [];
    await eventually(
      'everything in sync and healthy',
      async () => {
        await endJobs(cluster);
        await answerForOperators(cluster);
        const all = await applications();
        const healthy = all.filter(({ status }) => status?.health?.status === 'Healthy');
        look?.(new Set(all.map(nameOf)), new Set(healthy.map(nameOf)));
        faults = all.flatMap(faultsOf);
        return all.length > 1 && faults.length === 0 ? true : undefined;
      },
      patience,
    ).catch((error: unknown) => {
      throw new Error(`not in sync and healthy:\n${faults.join('\n')}`, { cause: error });
    });
  }

  /** When each Application was last changed by Argo CD. */
  const operations = async () =>
    (await applications()).map(({ metadata, status }) => `${metadata.name} ${status?.operationState?.startedAt ?? ''}`);

  it('has all of it in sync and healthy, a wave after the one before it is healthy', async () => {
    const early: string[] = [];
    const [seen, wasHealthy] = [new Set<string>(), new Set<string>()];
    await cluster.kubectl(['apply', '--server-side', '-f', repository.root]);
    await settled((names, healthy) => {
      for (const name of healthy) wasHealthy.add(name);
      for (const name of names) {
        if (seen.has(name)) continue;
        seen.add(name);
        for (const earlier of names)
          if (waveOf(earlier) > -Infinity && waveOf(earlier) < waveOf(name) && !wasHealthy.has(earlier))
            early.push(`${name} before ${earlier}`);
      }
    });
    expect(seen.size).toBeGreaterThan(5);
    expect(early).toEqual([]);
  });

  it('finds no difference, and changes nothing, when it compares everything anew', async () => {
    const before = await operations();
    await refresh();
    expect((await applications()).flatMap(faultsOf)).toEqual([]);
    await refresh();
    expect((await applications()).flatMap(faultsOf)).toEqual([]);
    expect(await operations()).toEqual(before);
  });

  it('makes anew what somebody deleted, a Job that was cleared away among them', async () => {
    const job = (
      await get(
        'jobs',
        '--all-namespaces',
        '--output=jsonpath={.items[0].metadata.namespace}/{.items[0].metadata.name}',
      )
    ).split('/');
    const network = ['networkpolicy/default-deny', job[0] ?? ''] as const;
    for (const [name, namespace] of [[`job/${job[1] ?? ''}`, job[0] ?? ''], network] as const) {
      const before = await uidOf(name, namespace);
      await cluster.kubectl(['delete', name, `--namespace=${namespace}`]);
      const after = await eventually(`${name} anew`, async () => (await uidOf(name, namespace)) || undefined, patience);
      expect(after).not.toBe(before);
    }
    await settled();
  });

  it('takes back what somebody changed', async () => {
    const [namespace = '', name = ''] = (
      await get(
        'deployments',
        '--all-namespaces',
        '--output=jsonpath={.items[0].metadata.namespace}/{.items[0].metadata.name}',
      )
    ).split('/');
    const image = () =>
      get(
        `deployment/${name}`,
        `--namespace=${namespace}`,
        '--output=jsonpath={.spec.template.spec.containers[0].image}',
      );
    const rendered = await image();
    const patch = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'example.org/other:1' }];
    const to = [`deployment/${name}`, `--namespace=${namespace}`, '--type=json', '--patch', JSON.stringify(patch)];
    await cluster.kubectl(['patch', ...to]);
    await eventually('the rendered image', async () => ((await image()) === rendered ? true : undefined), patience);
    await settled();
  });

  if (hasAutoscaler(environment.name))
    it('leaves an autoscaler the number of pods', async () => {
      const scaled = JSON.parse(await get('hpa,scaledobjects', '--all-namespaces', '--output=json')) as {
        readonly items: readonly Scaled[];
      };
      expect(scaled.items.length).toBeGreaterThan(0);
      const most = ({ maxReplicas, maxReplicaCount }: Scaled['spec']) => maxReplicas ?? maxReplicaCount ?? NaN;
      const before = await operations();
      for (const { metadata, spec } of scaled.items) {
        const to = [`deployment/${spec.scaleTargetRef.name}`, `--namespace=${metadata.namespace}`];
        await cluster.kubectl(['scale', ...to, `--replicas=${most(spec)}`]);
      }
      await cluster.settle();
      await refresh();
      for (const { metadata, spec } of scaled.items) {
        const of = [`deployment/${spec.scaleTargetRef.name}`, `--namespace=${metadata.namespace}`];
        expect(Number(await get(...of, '--output=jsonpath={.spec.replicas}'))).toBe(most(spec));
      }
      expect(await operations()).toEqual(before);
    });

  it('leaves alone what is not from the repository: Secrets that a Job made', async () => {
    const namespace = await get('jobs', '--all-namespaces', '--output=jsonpath={.items[0].metadata.namespace}');
    const secret = ['secret', 'generic', 'made-by-a-job', `--namespace=${namespace}`, '--from-literal=password=x'];
    await cluster.kubectl(['create', ...secret]);
    await refresh();
    await settled();
    expect(await uidOf('secret/made-by-a-job', namespace)).not.toBe('');
  });

  it('removes what is rendered no more, but no namespace', async () => {
    const policies = await repository.remove((text) => /^kind: PodDisruptionBudget$/m.test(text));
    expect(policies).toBeGreaterThan(1);
    const namespaces = await repository.remove((text) => /^kind: Namespace$/m.test(text));
    await repository.commit();
    await refresh();
    const left = () =>
      get(
        'poddisruptionbudgets',
        '--all-namespaces',
        '--selector=app.kubernetes.io/part-of=plumbline',
        '--output=name',
      );
    await eventually('the end of every budget', async () => ((await left()) === '' ? true : undefined), patience);
    const ours = await get('namespaces', '--selector=app.kubernetes.io/part-of=plumbline', '--output=name');
    expect(ours.split('\n')).toHaveLength(namespaces);
  });

  const prefix = `plumbline-${environment.name}`;
  /** Of an Application; the root is before all. */
  const waveOf = (name: string) => {
    const concern = name.slice(prefix.length + 1);
    return concern === '' ? -Infinity : applicationWave(concern === 'namespaces' ? '00-namespaces' : concern);
  };
});

function hasAutoscaler(name: string): boolean {
  return readEnvironment(join(renderedFolder, name)).some(({ kind }) => kind === 'HorizontalPodAutoscaler');
}

/** A HorizontalPodAutoscaler, or a ScaledObject of KEDA. */
interface Scaled {
  readonly metadata: { readonly namespace: string };
  readonly spec: {
    readonly scaleTargetRef: { readonly name: string };
    readonly maxReplicas?: number;
    readonly maxReplicaCount?: number;
  };
}

function nameOf({ metadata }: { readonly metadata: { readonly name: string } }): string {
  return metadata.name;
}
