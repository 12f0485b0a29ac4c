import {
  asYaml,
  containerOf,
  exceptionsOf,
  givenNamespace,
  givenSecret,
  objectOf,
  renderApp,
  testApp,
  violationsOf,
  type OwnProps,
} from '../testing';
import type { PlatformAppProps } from '../core/platform-app';
import { NetworkPeer } from '../core/network-peer';
import { PodMonitors } from '../metrics/pod-monitors';
import { Prometheus } from '../metrics/prometheus';
import { KubeStateMetrics, type KubeStateMetricsProps } from './kube-state-metrics';

const everything: OwnProps<KubeStateMetricsProps> = {
  name: 'objects',
  objects: ['pods', 'deployments', 'nodes'],
  allowedNamespaces: ['shop', 'billing'],
  objectLabels: { pods: ['team', 'app.kubernetes.io/name'], nodes: ['topology.kubernetes.io/zone'] },
  kubelet: false,
  resources: { cpu: '50m', memory: '128Mi', memoryLimit: '256Mi' },
  image: 'example.org/kube-state-metrics:v2.21.0',
};

function render(props: KubeStateMetricsProps = {}, platform: Partial<PlatformAppProps> = {}) {
  const app = testApp(platform);
  const metrics = new KubeStateMetrics(app.chart('workloads'), 'kube-state-metrics', props);
  new Prometheus(app.chart('metrics'), 'prometheus').scrape(metrics);
  return { app, metrics, objects: renderApp(app) };
}

interface Role {
  readonly kind: string;
  readonly metadata: { readonly namespace?: string };
  readonly rules: readonly { apiGroups: readonly string[]; resources: readonly string[]; verbs: readonly string[] }[];
}

function rolesOf(props: KubeStateMetricsProps = {}): readonly Role[] {
  const roles = render(props).objects.filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role');
  return roles as unknown as readonly Role[];
}

describe('KubeStateMetrics', () => {
  it('needs no props', () => {
    const { app, objects } = render();
    expect(violationsOf(app)).toEqual([]);
    const own = objects.filter(
      ({ kind, metadata }) => metadata.namespace === 'workloads' || kind.startsWith('ClusterRole'),
    );
    expect(asYaml(own)).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const { app, objects } = render(everything);
    const given = ['shop', 'billing'].flatMap(givenNamespace);
    expect(violationsOf(app, { given })).toEqual([]);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'workloads'))).toMatchSnapshot();
  });

  it('may list and watch what it tells of, in the whole cluster, and says why', () => {
    const [role, ...others] = rolesOf();
    expect(others).toEqual([]);
    expect(role?.rules.flatMap(({ verbs }) => verbs)).toEqual(role?.rules.flatMap(() => ['list', 'watch']));
    const [exception] = exceptionsOf(render().objects);
    expect(exception?.what).toBe('cluster rights');
    expect(exception?.reason).toContain('tells how objects are');
    const resources = role?.rules.flatMap((rule) => rule.resources) ?? [];
    const args = containerOf(render().objects, 'Deployment', 'kube-state-metrics').args ?? [];
    const asked = args.find((arg) => arg.startsWith('--resources='))?.replace('--resources=', '') ?? '';
    expect(asked.split(',')).toEqual([...resources].sort());
  });

  it('never sees what is in Secrets and ConfigMaps, also if it is asked for', () => {
    const resources = rolesOf().flatMap(({ rules }) => rules.flatMap((rule) => rule.resources));
    expect(resources).toContain('pods');
    expect(resources.filter((name) => /secret|configmap|\*/.test(name))).toEqual([]);
    const untyped = { objects: ['pods', 'secrets'] } as unknown as KubeStateMetricsProps;
    expect(() => render(untyped)).toThrow('"secrets"');
  });

  it('has rights in the namespaces that it is for, and beyond them only to what is in none', () => {
    const roles = rolesOf({ allowedNamespaces: ['shop'] });
    expect(roles.map(({ kind, metadata: { namespace } }) => [kind, namespace])).toEqual([
      ['Role', 'shop'],
      ['ClusterRole', undefined],
    ]);
    expect(roles[1]?.rules.flatMap(({ resources }) => resources)).toEqual([
      'namespaces',
      'nodes',
      'persistentvolumes',
      'storageclasses',
    ]);
    expect(rolesOf({ allowedNamespaces: ['shop'], objects: ['pods'] }).map(({ kind }) => kind)).toEqual(['Role']);
  });

  it('is read at both of its ports', () => {
    const { metrics, objects } = render();
    expect(metrics.scrapeTargets.map(({ job, endpoint: { port } }) => [job, port])).toEqual([
      ['kube-state-metrics', 8080],
      ['kube-state-metrics-telemetry', 8081],
    ]);
    expect(objectOf(objects, 'NetworkPolicy', 'kube-state-metrics').spec.ingress).toMatchObject([
      { ports: [{ port: 8080 }, { port: 8081 }] },
    ]);
  });

  it('tells of the pods of others, also to a Prometheus that names the pod that it reads', () => {
    const app = testApp();
    const metrics = new KubeStateMetrics(app.chart('workloads'), 'kube-state-metrics');
    new PodMonitors(app.chart('metrics'), 'monitors', { from: [NetworkPeer.namespace('monitoring')] }).scrape(metrics);
    const honors = ['kube-state-metrics', 'kube-state-metrics-telemetry'].map(
      (name) => (objectOf(renderApp(app), 'PodMonitor', name).spec.podMetricsEndpoints as readonly object[])[0],
    );
    expect(honors[0]).toMatchObject({ port: 'http-metrics', honorLabels: true });
    expect(honors[1]).not.toHaveProperty('honorLabels');
  });

  it('refuses to tell of nothing, and labels of what it does not tell of', () => {
    expect(() => render({ objects: [] })).toThrow('at least one');
    expect(() => render({ objects: ['nodes'], objectLabels: { pods: ['team'] } })).toThrow('"pods"');
  });

  it('speaks TLS at both where servers of the platform do', () => {
    const { app, objects } = render({}, { tls: { ca: 'ca' } });
    expect(containerOf(objects, 'Deployment', 'kube-state-metrics')).toMatchObject({
      readinessProbe: { httpGet: { port: 'telemetry', scheme: 'HTTPS' } },
      livenessProbe: { httpGet: { port: 'http-metrics', scheme: 'HTTPS' } },
    });
    expect(containerOf(objects, 'Deployment', 'kube-state-metrics').args).toContain(
      '--tls-config=/etc/kube-state-metrics/web.yml',
    );
    const given = [givenSecret('metrics', 'ca'), givenSecret('metrics', 'prometheus-tls')];
    expect(violationsOf(app, { given: [...given, givenSecret('workloads', 'kube-state-metrics-tls')] })).toEqual([]);
  });
});
