import * as kplus from 'cdk8s-plus-28';
import { OtelTier } from '../collection/otel-tier';
import { Deployment } from '../core/deployment';
import { Endpoint } from '../core/endpoint';
import type { PlatformApp, PlatformAppProps } from '../core/platform-app';
import { Probe } from '../core/probe';
import { images } from '../images';
import { Loki } from '../logs/loki';
import { Prometheus } from '../metrics/prometheus';
import { containerOf, objectOf, podTemplateOf, renderApp, renderChart, testApp, violationsOf } from '../testing';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { environmentOf, instrument, instrumentContainer, type ApplicationProps } from './open-telemetry';

function tierOf(app: PlatformApp, all = true): OtelTier {
  const endpoint = Endpoint.external('tempo.example.org', 4317);
  return new OtelTier(app.chart('collection'), 'otel', {
    traces: [TempoMonolith.fromExternal(app.chart('tracing'), 'tempo', { otlpGrpc: endpoint, query: endpoint })],
    ...(all && {
      logs: [new Loki(app.chart('logs'), 'loki')],
      metrics: [new Prometheus(app.chart('metrics'), 'prometheus')],
    }),
  });
}

function workloadOf(app: PlatformApp): Deployment {
  const probe = Probe.tcp('http');
  const workload = new Deployment(app.chart('anomaly'), 'cart', {
    name: 'cart',
    instance: 'cart',
    runAs: { user: 1000 },
    container: {
      image: images.workers,
      resources: { cpu: '100m', memory: '64Mi' },
      readiness: probe,
      liveness: probe,
    },
  });
  workload.listen('http', 8080);
  return workload;
}

function instrumented(props: ApplicationProps, platform: Partial<PlatformAppProps> = {}, all = true) {
  const app = testApp(platform);
  instrument(workloadOf(app), tierOf(app, all), props);
  const objects = renderApp(app);
  const { env = [] } = containerOf(objects, 'Deployment', 'cart');
  const values = Object.fromEntries(env.map(({ name, value, valueFrom }) => [name, value ?? valueFrom]));
  return { app, objects, env, values };
}

const endpoint = 'http://otel-ingestor.collection.svc.cluster.local';

describe('A workload that is instrumented', () => {
  const { app, objects, env, values } = instrumented({
    serviceName: 'cart',
    serviceVersion: '1.4.0+7',
    serviceNamespace: 'shop',
    environment: 'production',
    attributes: { team: 'Käse, Brot = gut' },
  });

  it('is told where to send, who it is and how a trace goes on', () => {
    expect(values).toMatchObject({
      OTEL_SERVICE_NAME: 'cart',
      OTEL_EXPORTER_OTLP_ENDPOINT: `${endpoint}:4318`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_LOGS_EXPORTER: 'otlp',
      OTEL_PROPAGATORS: 'tracecontext,baggage',
      OTEL_TRACES_SAMPLER: 'parentbased_always_on',
    });
  });

  it('may send there, and nothing is wrong with what is rendered', () => {
    expect(violationsOf(app)).toEqual([]);
    expect(JSON.stringify(objectOf(objects, 'NetworkPolicy', 'cart').spec.egress)).toContain('otel-ingestor');
  });

  it('says where in Kubernetes it runs, by variables that stand before what names them', () => {
    const pod = '$(OTEL_RESOURCE_ATTRIBUTES_POD_NAME)';
    const attributes = String(values.OTEL_RESOURCE_ATTRIBUTES).split(',');
    expect(attributes).toEqual([
      'deployment.environment.name=production',
      'service.namespace=shop',
      'service.version=1.4.0%2B7',
      `team=${encodeURIComponent('Käse, Brot = gut')}`,
      'k8s.namespace.name=$(OTEL_RESOURCE_ATTRIBUTES_NAMESPACE)',
      'k8s.node.name=$(OTEL_RESOURCE_ATTRIBUTES_NODE_NAME)',
      `k8s.pod.name=${pod}`,
      `service.instance.id=$(OTEL_RESOURCE_ATTRIBUTES_NAMESPACE).${pod}`,
    ]);
    const names = env.map(({ name }) => name);
    for (const [, named = ''] of String(values.OTEL_RESOURCE_ATTRIBUTES).matchAll(/\$\(([A-Z_]+)\)/g)) {
      expect(names).toContain(named);
      expect(names.indexOf(named)).toBeLessThan(names.indexOf('OTEL_RESOURCE_ATTRIBUTES'));
    }
    expect(values.OTEL_RESOURCE_ATTRIBUTES_NODE_NAME).toEqual({
      fieldRef: { apiVersion: 'v1', fieldPath: 'spec.nodeName' },
    });
  });

  it('sends no signal that would be refused', () => {
    expect(instrumented({ serviceName: 'cart' }, {}, false).values).toMatchObject({
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    });
  });

  it('may speak gRPC, begin a share of traces, and go on with those of others', () => {
    const sampler = { type: 'parentbased_traceidratio', ratio: 0.25 } as const;
    const props = { serviceName: 'cart', protocol: 'grpc', propagators: ['b3'], sampler } as const;
    expect(instrumented(props).values).toMatchObject({
      OTEL_EXPORTER_OTLP_ENDPOINT: `${endpoint}:4317`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_PROPAGATORS: 'b3',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
    });
  });

  it('trusts the collectors’ certificate where they have one', () => {
    const { values: encrypted, objects: all } = instrumented({ serviceName: 'cart' }, { tls: { ca: 'example-ca' } });
    expect(encrypted).toMatchObject({
      OTEL_EXPORTER_OTLP_ENDPOINT: `${endpoint.replace('http:', 'https:')}:4318`,
      OTEL_EXPORTER_OTLP_CERTIFICATE: '/etc/plumbline/tls/example-ca-ca-crt/ca.crt',
    });
    const { volumes } = podTemplateOf(all, 'Deployment', 'cart').spec;
    expect(JSON.stringify(volumes)).toContain('"secretName":"example-ca"');
  });

  it('is refused a name that is none, a share that is none, and a second name', () => {
    expect(() => instrumented({ serviceName: ' ' })).toThrow('serviceName');
    expect(() => instrumented({ serviceName: 'a', attributes: { 'a=b': 'c' } })).toThrow('attributes');
    const sampler = { type: 'traceidratio', ratio: 10 } as const;
    expect(() => instrumented({ serviceName: 'a', sampler })).toThrow('sampler.ratio is 10');
    const both = testApp();
    const [workload, tier] = [workloadOf(both), tierOf(both)];
    instrument(workload, tier, { serviceName: 'cart' });
    expect(() => instrument(workload, tier, { serviceName: 'other' })).toThrow('OTEL_SERVICE_NAME');
  });
});

describe('A guest', () => {
  const tier = tierOf(testApp());

  it('is told the same as plain variables', () => {
    const env = environmentOf(tier, { serviceName: 'cart', serviceNamespace: 'shop' });
    const workload = instrumented({ serviceName: 'cart', serviceNamespace: 'shop' }).env;
    const byName = (list: readonly { readonly name: string }[]) => new Map(list.map((each) => [each.name, each]));
    expect(byName(env)).toEqual(byName(workload));
  });

  it('of cdk8s-plus has them on its container', () => {
    const objects = renderChart((chart) => {
      const deployment = new kplus.Deployment(chart, 'guest');
      const container = deployment.addContainer({ image: 'example.org/guest:1.0.0' });
      instrumentContainer(container, tier, { serviceName: 'guest' });
    });
    const [deployment] = objects.filter(({ kind }) => kind === 'Deployment');
    const { env = [] } = containerOf(objects, 'Deployment', deployment?.metadata.name ?? '');
    expect(env.slice(0, 3).map(({ valueFrom }) => valueFrom)).toEqual(
      ['metadata.namespace', 'spec.nodeName', 'metadata.name'].map((fieldPath) => ({ fieldRef: { fieldPath } })),
    );
    expect(env).toContainEqual({ name: 'OTEL_SERVICE_NAME', value: 'guest' });
  });

  it('says itself where the authority is', () => {
    const encrypted = tierOf(testApp({ tls: { ca: 'example-ca' } }));
    const env = environmentOf(encrypted, { serviceName: 'guest', caFile: '/ca/ca.crt' });
    expect(env).toContainEqual({ name: 'OTEL_EXPORTER_OTLP_CERTIFICATE', value: '/ca/ca.crt' });
    expect(env).toContainEqual({
      name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
      value: `${endpoint.replace('http:', 'https:')}:4318`,
    });
  });
});
