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

describe('The addon environment in a cluster where a team has Prometheus operator, Prometheus and Grafana', () => {
  let cluster: SimulatedClusterPeer;
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
  });
  afterAll(() => cluster.stop());

  /** `kind/name uid generation` of everything of the team, and of every definition. */
  async function ofTheTeam(): Promise<readonly string[]> {
    const kinds = 'serviceaccount,configmap,service,networkpolicy,statefulset,prometheusrule,podmonitor';
    const columns = [
      '--no-headers',
      '-o',
      'custom-columns=K:.kind,N:.metadata.name,U:.metadata.uid,V:.metadata.generation',
    ];
    const objects = await cluster.kubectl(['get', kinds, '--namespace=monitoring', ...columns]);
    const data = await cluster.kubectl([
      'get',
      'configmap',
      '--namespace=monitoring',
      '-o',
      'jsonpath={.items[*].data}',
    ]);
    const global = await cluster.kubectl(['get', 'namespace/monitoring', ...columns]);
    const installed = await cluster.kubectl(['get', '-f', definitions, ...columns]);
    return [objects, data, global, installed].flatMap(({ stdout }) => stdout.trim().split('\n')).toSorted();
  }

  it('is accepted, settles beside it, and changes nothing of the team', async () => {
    const before = await ofTheTeam();
    expect(before.join('\n')).toMatch(/PrometheusRule +pipeline/);
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
    const before = await ofTheTeam();
    await cluster.kubectl(['delete', 'namespace', 'plumbline', '--timeout=120s']);
    expect(await ofTheTeam()).toEqual(before);
  });
});
