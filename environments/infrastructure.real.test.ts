import { setTimeout as sleep } from 'node:timers/promises';
import { KubeStateMetrics, NodeExporter, Prometheus } from '../constructs';
import { containerOf, podTemplateOf, renderApp, testApp } from '../constructs/testing';
import {
  startApiServer,
  startKubeStateMetrics,
  startNodeExporter,
  type ApiServerPeer,
  type KubeStateMetricsPeer,
  type NodeExporterPeer,
} from '../tools/peers';
import { answered } from './exposed-metrics.testing';
import { applyAll, applyTeam, nodeExporterArgs } from './infrastructure.testing';

const app = testApp({ cluster: { nodeRanges: ['10.0.0.0/16'] } });
const exporter = new NodeExporter(app.chart('nodes'), 'node-exporter');
const states = new KubeStateMetrics(app.chart('workloads'), 'kube-state-metrics');
new Prometheus(app.chart('metrics'), 'prometheus').scrape(exporter, states);
const objects = renderApp(app);

async function textAt(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`)).text();
}

/** Waits until there are series of all names; ends with the test's own deadline, and then says what is missing. */
async function answersWith(url: string, names: readonly string[]): Promise<string> {
  const missing = (text: string) => names.filter((name) => !new RegExp(`^${name}[ {]`, 'm').test(text));
  let text = await textAt(url);
  for (let tries = 0; tries < 120 && missing(text).length > 0; tries += 1) {
    await sleep(500);
    text = await textAt(url);
  }
  expect(missing(text)).toEqual([]);
  return text;
}

describe('A node exporter with the rendered arguments', () => {
  let server: NodeExporterPeer;
  beforeAll(async () => {
    server = await startNodeExporter(nodeExporterArgs(objects));
  });
  afterAll(() => server.stop());

  it('answers with every series that rules ask for', async () => {
    await answersWith(server.url, answered.nodeExporter);
  });

  it('tells nothing of interfaces of pods, and of file systems of none', async () => {
    const text = await textAt(server.url);
    expect(text).toMatch(/^node_network_receive_bytes_total\{device="lo"\}/m);
    expect(text).not.toMatch(
      /^node_(network|filesystem)\w+\{.*(device="(veth|cali)|mountpoint="\/(proc|sys|dev)[/"])/m,
    );
  });
});

describe('The exporters at a Kubernetes API server', () => {
  let api: ApiServerPeer;
  let server: KubeStateMetricsPeer;

  beforeAll(async () => {
    api = await startApiServer();
    await applyAll(api, objects);
    await applyTeam(api);
    const args = containerOf(objects, 'Deployment', 'kube-state-metrics').args ?? [];
    server = await startKubeStateMetrics(args, await api.serviceAccountKubeconfig('workloads', 'kube-state-metrics'));
  });
  afterAll(async () => {
    await server.stop();
    await api.stop();
  });

  /** A pod of the template that would be made, with an account that there is. */
  async function admit(kind: string, name: string, namespace: string, account = name): Promise<string> {
    const { metadata, spec } = podTemplateOf(objects, kind, name);
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, name: 'tried', namespace },
      spec: { ...spec, serviceAccountName: account },
    };
    const { stdout } = await api.kubectl(['create', '--dry-run=server', '-o', 'name', '-f', '-'], JSON.stringify(pod));
    return stdout.trim();
  }

  it('are let into their namespaces, and the agent into that of the other not', async () => {
    expect(await admit('DaemonSet', 'node-exporter', 'nodes')).toBe('pod/tried');
    expect(await admit('Deployment', 'kube-state-metrics', 'workloads')).toBe('pod/tried');
    await expect(admit('DaemonSet', 'node-exporter', 'workloads', 'kube-state-metrics')).rejects.toThrow(
      /violates PodSecurity "restricted:latest": host namespaces \(hostNetwork=true\).*type "hostPath"/,
    );
  });

  it('tell, with the rendered rights and arguments, of everything that rules ask for', async () => {
    const text = await answersWith(server.url, answered.kubeStateMetrics);
    expect(text).toContain('kube_deployment_spec_replicas{namespace="shop",deployment="cart"} 3');
    expect(text).not.toMatch(/^kube_(secret|configmap|pod_tolerations)/m);
  });

  const failed = /^kube_state_metrics_(list|watch)_total\{.*result="error"\} [1-9]/m;

  it('lack no right that they use', async () => {
    const text = await answersWith(server.telemetryUrl, ['kube_state_metrics_watch_total']);
    expect(text).toMatch(/^kube_state_metrics_watch_total\{.*result="success"\}/m);
    expect(text).not.toMatch(failed);
  });

  it('would say so if they did', async () => {
    const { args = [] } = containerOf(objects, 'Deployment', 'kube-state-metrics');
    const blind = await startKubeStateMetrics(args, await api.serviceAccountKubeconfig('nodes', 'node-exporter'));
    try {
      const text = await answersWith(blind.telemetryUrl, answered.kubeStateTelemetry);
      expect(text).toMatch(failed);
    } finally {
      await blind.stop();
    }
  });

  it('have no right beyond those', async () => {
    const may = async (verb: string, what: string, account: string) => {
      const question = ['auth', 'can-i', verb, what, '--all-namespaces', `--as=system:serviceaccount:${account}`];
      return (await api.kubectl(question).catch(() => ({ stdout: 'no' }))).stdout.trim();
    };
    const account = 'workloads:kube-state-metrics';
    expect(await may('list', 'pods', account)).toBe('yes');
    for (const [verb, what] of [
      ['list', 'secrets'],
      ['get', 'secrets'],
      ['watch', 'configmaps'],
      ['delete', 'pods'],
      ['create', 'deployments'],
    ] as const)
      expect([verb, what, await may(verb, what, account)]).toEqual([verb, what, 'no']);
    expect(await may('list', 'nodes', 'nodes:node-exporter')).toBe('no');
  });
});
