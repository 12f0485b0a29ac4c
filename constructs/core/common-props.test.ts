import { k8s } from 'cdk8s-plus-28';
import { Alertmanager } from '../alerting/alertmanager';
import { AnomalyPipeline } from '../anomaly/anomaly-pipeline';
import { OtelTier } from '../collection/otel-tier';
import { Postgres } from '../databases/postgres';
import { KubeStateMetrics } from '../infrastructure/kube-state-metrics';
import { NodeExporter } from '../infrastructure/node-exporter';
import { LogAgent } from '../logs/log-agent';
import { Loki } from '../logs/loki';
import { VectorTier } from '../logs/vector-tier';
import { Prometheus } from '../metrics/prometheus';
import { BlackboxExporter } from '../network/blackbox-exporter';
import { SyntheticProbe } from '../network/synthetic-probe';
import { PathMonitor } from '../network/path-monitor';
import { ObjectStore } from '../storage/object-store';
import { RedpandaBroker } from '../streaming/redpanda-broker';
import { fileOf, objectOf, podTemplateOf, renderApp, testApp, violationsOf } from '../testing';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { Grafana } from '../visualization/grafana';
import type { Component, ComponentProps } from './component';
import { Endpoint } from './endpoint';
import type { PlatformApp } from './platform-app';
import { logRuleGroups, ruleGroups } from './rule-groups';

const common: Required<ComponentProps> = {
  name: 'special',
  team: 'shop',
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'dedicated', operator: 'Exists' }],
  priorityClass: 'system-cluster-critical',
  labels: { team: 'platform' },
  pod: {
    annotations: { 'example.org/note': 'kept' },
    accountAnnotations: { 'example.org/role': 'reader' },
    affinity: { podAntiAffinity: {} },
    topologySpread: [{ maxSkew: 2, topologyKey: 'rack', whenUnsatisfiable: 'DoNotSchedule' }],
    pullSecrets: ['registry'],
    containers: [
      {
        name: 'beside',
        image: 'example.org/beside:1.0.0@sha256:0000000000000000000000000000000000000000000000000000000000000000',
        resources: {
          requests: { cpu: k8s.Quantity.fromString('10m'), memory: k8s.Quantity.fromString('16Mi') },
          limits: { memory: k8s.Quantity.fromString('16Mi') },
        },
        volumeMounts: [{ name: 'more', mountPath: '/more' }],
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          readOnlyRootFilesystem: true,
        },
      },
    ],
    volumes: [{ name: 'more', emptyDir: {} }],
    env: { FEATURE: 'on' },
    lifecycle: { preStop: { exec: { command: ['sleep', '5'] } } },
  },
};

const metricsOf = (app: PlatformApp) =>
  Prometheus.fromExternal(app.chart('metrics'), 'mimir', {
    endpoint: Endpoint.external('mimir.example.org', 80, { scheme: 'http' }),
  });
const tempoOf = (app: PlatformApp, props: Partial<ComponentProps> = {}) =>
  new TempoMonolith(app.chart('tracing'), 'tempo', {
    ...props,
    blocks: new ObjectStore(app.chart('storage'), 'store').bucket('blocks'),
    metrics: metricsOf(app),
  });

const components: Readonly<Record<string, (app: PlatformApp) => Component>> = {
  Alertmanager: (app) =>
    new Alertmanager(app.chart('alerting'), 'alertmanager', {
      ...common,
      receivers: { team: { webhook: { endpoint: Endpoint.external('hooks.example.org', 443), path: '/' } } },
      otherwise: 'team',
    }),
  AnomalyPipeline: (app) => {
    const store = new ObjectStore(app.chart('storage'), 'store');
    return new AnomalyPipeline(app.chart('anomaly'), 'pipeline', {
      ...common,
      stream: new RedpandaBroker(app.chart('streaming'), 'broker'),
      anomalies: store.bucket('anomalies'),
      models: store.bucket('models'),
    });
  },
  BlackboxExporter: (app) =>
    new BlackboxExporter(app.chart('network'), 'blackbox-exporter', {
      ...common,
      probes: [SyntheticProbe.icmp('router', '192.0.2.1')],
    }),
  Grafana: (app) => new Grafana(app.chart('visualization'), 'grafana', { ...common, sources: [tempoOf(app)] }),
  Postgres: (app) => new Postgres(app.chart('databases'), 'postgres', common),
  KubeStateMetrics: (app) => new KubeStateMetrics(app.chart('workloads'), 'kube-state-metrics', common),
  LogAgent: (app) => {
    const endpoint = Endpoint.external('loki.example.org', 3100, { scheme: 'http' });
    const logs = Loki.fromExternal(app.chart('logs'), 'loki', { endpoint });
    return new LogAgent(app.chart('nodes'), 'log-agent', { ...common, logs });
  },
  Loki: (app) => new Loki(app.chart('logs'), 'loki', common),
  VectorTier: (app) => {
    const endpoint = Endpoint.external('loki.example.org', 3100, { scheme: 'http' });
    const logs = Loki.fromExternal(app.chart('logs'), 'loki', { endpoint });
    return new VectorTier(app.chart('logs'), 'vector', { ...common, logs });
  },
  NodeExporter: (app) => new NodeExporter(app.chart('nodes'), 'node-exporter', common),
  ObjectStore: (app) => new ObjectStore(app.chart('storage'), 'objects', common),
  OtelTier: (app) => new OtelTier(app.chart('collection'), 'otel', { ...common, traces: [tempoOf(app)] }),
  PathMonitor: (app) =>
    new PathMonitor(app.chart('network'), 'network-paths', {
      ...common,
      targets: [{ name: 'gateway', host: '192.0.2.1' }],
    }),
  Prometheus: (app) => new Prometheus(app.chart('metrics'), 'prometheus', common),
  RedpandaBroker: (app) => new RedpandaBroker(app.chart('streaming'), 'broker', common),
  TempoMonolith: (app) => tempoOf(app, common),
};

describe.each(Object.entries(components))('%s', (_, make) => {
  const app = testApp();
  const component = make(app);
  const objects = renderApp(app);

  it('gives every pod of its workloads what a component may be asked for', () => {
    expect(component.workloads.length).toBeGreaterThan(0);
    for (const { name } of component.workloads) {
      const { kind } = controllerOf(name);
      const { metadata, spec } = podTemplateOf(objects, kind, name);
      expect(metadata.annotations).toMatchObject({ 'example.org/note': 'kept' });
      expect(metadata.labels).toMatchObject({ team: 'platform' });
      expect(spec).toMatchObject({
        nodeSelector: { disk: 'ssd' },
        priorityClassName: 'system-cluster-critical',
        affinity: { podAntiAffinity: {} },
        topologySpreadConstraints: [{ topologyKey: 'rack' }],
        imagePullSecrets: [{ name: 'registry' }],
      });
      expect(spec.tolerations).toContainEqual({ key: 'dedicated', operator: 'Exists' });
      // A pod that is to end would not.
      expect(spec.containers.some((container) => container.name === 'beside')).toBe(kind !== 'Job');
      expect(spec.volumes).toContainEqual({ name: 'more', emptyDir: {} });
      const lifecycle = { preStop: { exec: { command: ['sleep', '5'] } } };
      if (kind !== 'Job') expect(spec.containers[0]).toMatchObject({ lifecycle });
      expect(spec.containers[0]?.env).toContainEqual({ name: 'FEATURE', value: 'on' });
      expect(objectOf(objects, 'ServiceAccount', name).metadata.annotations).toMatchObject({
        'example.org/role': 'reader',
      });
    }
  });

  it('says in each of its alerts whose it is', () => {
    const groups = ruleGroups(component, { runbookUrl: 'docs/runbooks', sources: ['kubelet'] });
    const labels = [...groups, ...logRuleGroups(component, 'docs/runbooks')].flatMap(({ rules }) =>
      rules.flatMap((rule) => (rule.alert === undefined ? [] : [rule.labels?.team])),
    );
    expect([...new Set(labels)]).toEqual(['shop']);
  });

  it('keeps every invariant, but for what is given from outside', () => {
    // Nobody here knows the other's Secret, class of priority and probes; jobs have no container that mounts the volume.
    const given = /beside|priority|registry|probe|^Job .*no container mounts more/i;
    expect(violationsOf(app).filter((each) => !given.test(each))).toEqual([]);
  });

  function controllerOf(name: string): { readonly kind: string } {
    const found = objects.find(
      ({ kind, metadata }) =>
        ['Deployment', 'StatefulSet', 'DaemonSet', 'Job'].includes(kind) &&
        metadata.name.replace(/-[0-9a-f]{10}$/, '') === name,
    );
    if (found === undefined) throw new Error(`nothing runs ${name}`);
    return found;
  }
});

describe('Settings of a component', () => {
  it('are merged into its own file: objects field by field, everything else as a whole', () => {
    const app = testApp();
    new Prometheus(app.chart('metrics'), 'prometheus', {
      config: { 'prometheus.yml': { global: { external_labels: { site: 'berlin' } }, scrape_configs: [] } },
    });
    const file = fileOf(renderApp(app), 'prometheus-config', 'prometheus.yml');
    expect(file).toContain('scrape_interval: 30s');
    expect(file).toContain('site: berlin');
    expect(file).toContain('scrape_configs: []');
  });

  it('are for files that it has', () => {
    const make = () => new Prometheus(testApp().chart('metrics'), 'prometheus', { config: { 'rules.yml': {} } });
    expect(make).toThrow('there is no file of prometheus rules.yml; known: prometheus.yml');
  });
});
