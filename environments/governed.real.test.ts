import { setTimeout as sleep } from 'node:timers/promises';
import { asYaml, renderApp } from '../constructs/testing';
import { platform } from '../main';
import { startSimulatedCluster, type SimulatedClusterPeer } from '../tools/peers';
import { enterprise } from './enterprise';

const node = { cpus: 8, memoryGiB: 32 };
const nodes = [node, node, node, node];
const namespace = 'ao-os';

interface Scaled {
  readonly kind: string;
  readonly spec: { readonly scaleTargetRef: { readonly name: string }; readonly maxReplicas: number };
}

describe('The enterprise environment within quotas, with priorities', () => {
  const governed = { ...enterprise, namespaceLimits: { nodes: nodes.length, headroomPercent: 0 }, priorities: {} };
  const objects = renderApp(platform(governed));
  const first = ['Namespace', 'PriorityClass'];
  const scaled = (objects as unknown as readonly Scaled[]).filter(({ kind }) => kind === 'HorizontalPodAutoscaler');
  let cluster: SimulatedClusterPeer;
  beforeAll(async () => {
    cluster = await startSimulatedCluster(nodes);
    await cluster.kubectl(['label', 'node', '--all', 'ao-node=observability']);
    const apply = ['apply', '--server-side', '--warnings-as-errors', '-f', '-'];
    await cluster.kubectl(apply, asYaml(objects.filter(({ kind }) => first.includes(kind))));
    await cluster.kubectl(apply, asYaml(objects.filter(({ kind }) => !first.includes(kind))));
    await cluster.settle(120_000);
  });
  afterAll(() => cluster.stop());

  const get = async (...what: readonly string[]) => (await cluster.kubectl(['get', ...what])).stdout.trim();
  const refusals = async () =>
    (await get('events', '--all-namespaces', '--no-headers', '-o', 'custom-columns=M:.message'))
      .split('\n')
      .filter((message) => message.includes('exceeded quota'));

  it('has every pod admitted, with the priority of what it is', async () => {
    expect(await refusals()).toEqual([]);
    const columns = 'custom-columns=R:.metadata.labels.app\\.kubernetes\\.io/component,P:.spec.priority';
    const pods = (await get('pods', '--all-namespaces', '--no-headers', '-o', columns)).split('\n');
    const priorities = new Map(pods.map((line) => line.split(/\s+/) as [string, string]));
    expect(priorities.get('log-store')).toBe('1000000');
    expect(priorities.get('log-agent')).toBe('500000');
    expect(priorities.get('visualization')).toBe('100000');
  });

  it('has as many pods as autoscalers may want, and all of them restarted at once', async () => {
    expect(scaled.length).toBeGreaterThan(0);
    for (const { spec } of scaled)
      await cluster.kubectl([
        ...['scale', `deployment/${spec.scaleTargetRef.name}`, `--namespace=${namespace}`],
        `--replicas=${spec.maxReplicas}`,
      ]);
    await cluster.settle(120_000);
    for (const each of [namespace, `${namespace}-agents`])
      await cluster.kubectl(['rollout', 'restart', 'deployment,statefulset,daemonset', `--namespace=${each}`]);
    await cluster.settle(180_000);
    expect(await refusals()).toEqual([]);
  });

  it('is not changed by being applied again', async () => {
    const ours = objects.filter(({ kind }) => ['ResourceQuota', 'LimitRange', 'PriorityClass'].includes(kind));
    expect(ours.length).toBeGreaterThan(5);
    expect((await cluster.kubectl(['diff', '--server-side', '-f', '-'], asYaml(ours))).stdout).toBe('');
  });

  const pod = (name: string, resources: object) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace },
      spec: {
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            name,
            image: 'example.org/stranger:1',
            resources,
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          },
        ],
      },
    });

  it('refuses a pod beyond its quota, and a container of more memory than any of its own', async () => {
    await expect(cluster.kubectl(['create', '-f', '-'], pod('beyond', { requests: { cpu: '64' } }))).rejects.toThrow(
      /exceeded quota: plumbline, requested: .*requests\.cpu=64/,
    );
    await expect(cluster.kubectl(['create', '-f', '-'], pod('large', { limits: { memory: '512Gi' } }))).rejects.toThrow(
      'maximum memory usage per Container is',
    );
  });

  it('gives something to a container that asks for nothing', async () => {
    // Room for it: one that an autoscaler no longer wants.
    const [{ spec } = { spec: undefined }] = scaled;
    const name = spec?.scaleTargetRef.name ?? '';
    await cluster.kubectl(['scale', `deployment/${name}`, `--namespace=${namespace}`, '--replicas=2']);
    await cluster.settle();
    let given: string | undefined;
    while (given === undefined) {
      given = await cluster.kubectl(['create', '-f', '-', '-o', 'json'], pod('asks-nothing', {})).then(
        ({ stdout }) => stdout,
        () => undefined,
      );
      await sleep(500);
    }
    const created = JSON.parse(given) as { readonly spec: { readonly containers: readonly object[] } };
    expect(created.spec.containers[0]).toMatchObject({
      resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
    });
  });
});
