import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { renderedFolder } from '../tools/checks/check';
import { startSimulatedCluster, type SimulatedClusterPeer } from '../tools/peers';
import { addon } from './addon';

const folder = join(renderedFolder, addon.name);
const definitions = join(__dirname, '..', 'imports', 'crds', 'monitoring.coreos.com.yaml');

/** What a team has: an operator's kinds, workloads, ConfigMaps and policies, some under names that we use. */
const theirs = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'monitoring', labels: { team: 'platform' } } },
  ...['prometheus', 'redpanda', 'objects'].flatMap((name) => [
    inMonitoring('v1', 'ServiceAccount', name, {}),
    inMonitoring('v1', 'ConfigMap', `${name}-config`, { data: { 'config.yaml': 'theirs: true' } }),
    inMonitoring('v1', 'Service', name, { spec: { ports: [{ port: 80 }], selector: { app: name } } }),
    inMonitoring('networking.k8s.io/v1', 'NetworkPolicy', name, { spec: { podSelector: {} } }),
    inMonitoring('apps/v1', 'StatefulSet', name, {
      spec: {
        serviceName: name,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { containers: [{ name: 'main', image: 'example.org/theirs:1' }] },
        },
      },
    }),
  ]),
  inMonitoring('v1', 'ConfigMap', 'dashboard-nodes', { data: { 'nodes.json': '{}' } }, { grafana_dashboard: '1' }),
  inMonitoring('monitoring.coreos.com/v1', 'PrometheusRule', 'pipeline', {
    spec: { groups: [{ name: 'theirs', rules: [{ alert: 'Theirs', expr: 'vector(1)' }] }] },
  }),
  inMonitoring('monitoring.coreos.com/v1', 'PodMonitor', 'preprocessing', {
    spec: { selector: {}, podMetricsEndpoints: [{ port: 'metrics' }] },
  }),
];

function inMonitoring(apiVersion: string, kind: string, name: string, content: object, labels = {}): object {
  return { apiVersion, kind, metadata: { name, namespace: 'monitoring', labels }, ...content };
}

interface TeamObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly status?: object;
}

describe('The addon environment in a cluster where a team has Prometheus operator, Prometheus and Grafana', () => {
  let cluster: SimulatedClusterPeer;
  /** What the team had at first, also for a test that is tried again. */
  let before: readonly object[];
  beforeAll(async () => {
    cluster = await startSimulatedCluster([
      { cpus: 4, memoryGiB: 8 },
      { cpus: 4, memoryGiB: 8 },
    ]);
    await cluster.kubectl(['apply', '--server-side', '-f', definitions]);
    await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=60s', '-f', definitions]);
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: theirs });
    await cluster.kubectl(['apply', '--server-side', '-f', '-'], list);
    await cluster.settle();
    before = await ofTheTeam();
  });
  afterAll(() => cluster.stop());

  /** Everything of the team, and every definition: all that is not said of its state. */
  async function ofTheTeam(): Promise<readonly object[]> {
    const kinds = 'serviceaccount,configmap,service,networkpolicy,statefulset,prometheusrule,podmonitor';
    const asked = [[kinds, '--namespace=monitoring'], ['namespace/monitoring'], ['-f', definitions]];
    const answers = await Promise.all(asked.map((what) => cluster.kubectl(['get', ...what, '--output=json'])));
    return answers.flatMap(({ stdout }) => {
      const answer = JSON.parse(stdout) as TeamObject & { readonly items?: readonly TeamObject[] };
      return (answer.items ?? [answer]).map(
        ({ status: _, metadata: { resourceVersion: __, ...metadata }, ...rest }) => ({
          ...rest,
          metadata,
        }),
      );
    });
  }

  it('is accepted, settles beside it, and changes nothing of the team', async () => {
    expect(before).toContainEqual(expect.objectContaining({ kind: 'PrometheusRule' }));
    expect(before.length).toBeGreaterThan(15);
    const files = readdirSync(folder)
      .toSorted()
      .flatMap((name) => ['-f', join(folder, name)]);
    await cluster.kubectl(['apply', '--server-side', ...files]);
    await cluster.settle(120_000);
    expect(await ofTheTeam()).toEqual(before);
    const { stdout } = await cluster.kubectl([
      'get',
      'podmonitor,prometheusrule',
      '--namespace=plumbline',
      '-o',
      'name',
    ]);
    expect(stdout).toMatch(/podmonitor.*preprocessing/);
    expect(stdout).toMatch(/prometheusrule.*pipeline/);
  });

  it('goes with its namespace, and leaves what the team has', async () => {
    await cluster.kubectl(['delete', 'namespace', 'plumbline', '--timeout=120s']);
    expect(await ofTheTeam()).toEqual(before);
  });
});
