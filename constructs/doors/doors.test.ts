import { join } from 'node:path';
import { Duration } from 'cdk8s';
import { OtelTier } from '../collection/otel-tier';
import { Endpoint, type IExposure } from '../core/endpoint';
import { NetworkPeer } from '../core/network-peer';
import { checkAll, describeViolation, readDefinitions, type KubeObject } from '../invariants';
import { ObjectStore } from '../storage/object-store';
import { asYaml, givenNamespace, givenSecret, objectOf, renderApp, testApp } from '../testing';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { Grafana } from '../visualization/grafana';
import { GatewayRoute, type GatewayRouteOptions } from './gateway-route';
import { GatewayTracing } from './gateway-tracing';
import { Ingress, type IngressOptions } from './ingress';

const definitions = readDefinitions(join(__dirname, '..', '..', 'imports', 'crds'));
const controller = NetworkPeer.pods('traefik', { 'app.kubernetes.io/name': 'traefik' });
const gateway = { name: 'public', namespace: 'gateways', pods: NetworkPeer.namespace('envoy-gateway-system') };
const given = [
  ...['ca', 'grafana-tls', 'grafana-certificate'].map((name) => givenSecret('visualization', name)),
  ...['ca', 'otel-ingestor-tls', 'otel-aggregator-tls'].map((name) => givenSecret('collection', name)),
];

function render(exposure: IExposure, tls = false) {
  const app = testApp(tls ? { tls: { ca: 'ca' } } : {});
  const grafana = new Grafana(app.chart('visualization'), 'grafana');
  grafana.ui.expose(exposure);
  return { grafana, objects: renderApp(app) };
}
const broken = (objects: readonly KubeObject[]) => checkAll([...objects, ...given], definitions).map(describeViolation);
const kindsOf = (objects: readonly KubeObject[]) => objects.map(({ kind }) => kind);

/** The ingestor of a tier, with a door. */
function renderTier(open: (tier: OtelTier) => void, tls = false) {
  const app = testApp(tls ? { tls: { ca: 'ca' } } : {});
  const traces = Endpoint.external('tempo.example.org', 4317);
  const query = Endpoint.external('tempo.example.org', 443, { scheme: 'https' });
  const tempo = TempoMonolith.fromExternal(app.chart('tracing'), 'tempo', { otlpGrpc: traces, query });
  open(new OtelTier(app.chart('collection'), 'otel', { traces: [tempo] }));
  return renderApp(app);
}

describe('An Ingress', () => {
  const minimal: IngressOptions = { className: 'traefik', host: 'grafana.example.org', controller };
  const everything: Required<IngressOptions> = {
    ...minimal,
    certificate: 'grafana-certificate',
    path: '/dashboards',
    annotations: { 'traefik.ingress.kubernetes.io/router.entrypoints': 'websecure' },
    name: 'front',
  };

  it('leads a host name to a Service, and lets in who asks for it', () => {
    const { objects } = render(new Ingress(minimal));
    expect(broken(objects)).toEqual([]);
    expect(objectOf(objects, 'Ingress', 'grafana-http').spec).toEqual({
      ingressClassName: 'traefik',
      rules: [
        {
          host: 'grafana.example.org',
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'grafana', port: { number: 80 } } } }],
          },
        },
      ],
    });
    expect(objectOf(objects, 'NetworkPolicy', 'grafana').spec.ingress).toEqual([
      {
        from: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'traefik' } },
            podSelector: { matchLabels: { 'app.kubernetes.io/name': 'traefik' } },
          },
        ],
        ports: [{ port: 3000, protocol: 'TCP' }],
      },
    ]);
  });

  it('takes every option', () => {
    const { objects } = render(new Ingress(everything));
    expect(broken(objects)).toEqual([]);
    expect(asYaml(objects.filter(({ kind }) => kind === 'Ingress'))).toMatchSnapshot();
  });

  it('would be found out if it led to a port that there is not', () => {
    const { objects } = render(new Ingress(minimal));
    const wrong = JSON.parse(JSON.stringify(objects).replaceAll('"number":80', '"number":8080')) as KubeObject[];
    expect(broken(wrong).join()).toContain('Service grafana has no such port');
  });

  it('to what is encrypted is refused until its controller is told so', () => {
    expect(() => render(new Ingress(minimal), true)).toThrow('for which an Ingress has no field');
    const annotations = { 'traefik.ingress.kubernetes.io/service.serversscheme': 'https' };
    expect(broken(render(new Ingress({ ...minimal, annotations }), true).objects)).toEqual([]);
  });

  it('is for HTTP, at names of hosts, and one of a name', () => {
    expect(() => renderTier(({ otlpGrpc }) => otlpGrpc.expose(new Ingress(minimal)))).toThrow('it does not speak HTTP');
    expect(() => new Ingress({ ...minimal, host: 'https://grafana.example.org' })).toThrow('Ingress.host is "https://');
    const { grafana } = render(new Ingress(minimal));
    expect(() => grafana.ui.expose(new Ingress({ ...minimal, host: 'other.example.org' }))).toThrow('exists twice');
    grafana.ui.expose(new Ingress({ ...minimal, host: 'other.example.org', name: 'other' }));
  });
});

describe('A route at a Gateway', () => {
  const minimal: GatewayRouteOptions = { gateway, hosts: ['grafana.example.org'] };
  const everything: Required<GatewayRouteOptions> = {
    gateway: { ...gateway, listener: 'https' },
    hosts: ['grafana.example.org', '*.dashboards.example.org'],
    protocol: 'http',
    path: '/dashboards',
    timeout: Duration.minutes(2),
    authority: { kind: 'ConfigMap', name: 'platform-authority' },
    sampledPercent: 0.1,
    name: 'front',
  };

  it('leads host names to a Service, and lets in the Gateway’s pods', () => {
    const { objects } = render(new GatewayRoute(minimal));
    expect(broken(objects)).toEqual([]);
    expect(objectOf(objects, 'HTTPRoute', 'grafana-http').spec).toEqual({
      parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'public', namespace: 'gateways' }],
      hostnames: ['grafana.example.org'],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          backendRefs: [{ group: '', kind: 'Service', name: 'grafana', port: 80, weight: 1 }],
        },
      ],
    });
    expect(objectOf(objects, 'NetworkPolicy', 'grafana').metadata.annotations).toEqual({
      'plumbline.dev/outside': 'ingress 3000: Gateway gateways/public',
    });
    expect(kindsOf(objects)).not.toContain('BackendTrafficPolicy');
  });

  it('takes every option, by the definitions of the Gateway API and of Envoy Gateway', () => {
    const { objects } = render(new GatewayRoute(everything), true);
    expect(broken(objects)).toEqual([]);
    const kinds = ['HTTPRoute', 'BackendTLSPolicy', 'BackendTrafficPolicy'];
    expect(asYaml(objects.filter(({ kind }) => kinds.includes(kind)))).toMatchSnapshot();
  });

  it('would be found out if it had a field that there is not, or no Service', () => {
    const { objects } = render(new GatewayRoute(minimal));
    const change = (from: string, to: string) =>
      broken(JSON.parse(JSON.stringify(objects).replaceAll(from, to)) as KubeObject[]).join();
    expect(change('"parentRefs"', '"parents"')).toContain('parents');
    expect(change('"kind":"Service","name":"grafana"', '"kind":"Service","name":"grafanas"')).toContain(
      'no Service grafanas',
    );
  });

  it('is encrypted up to the pods where they are, by the name that their certificate is for', () => {
    const { objects } = render(new GatewayRoute(minimal), true);
    expect(broken(objects)).toEqual([]);
    expect(objectOf(objects, 'BackendTLSPolicy', 'grafana-http').spec).toEqual({
      targetRefs: [{ group: '', kind: 'Service', name: 'grafana', sectionName: 'http' }],
      validation: {
        hostname: 'grafana.visualization.svc.cluster.local',
        caCertificateRefs: [{ group: '', kind: 'Secret', name: 'ca' }],
      },
    });
  });

  it('opens collectors for both of their protocols', () => {
    const objects = renderTier(({ otlpGrpc, otlpHttp }) => {
      otlpGrpc.expose(new GatewayRoute({ gateway, hosts: ['otlp.example.org'], protocol: 'grpc' }));
      otlpHttp.expose(new GatewayRoute({ gateway, hosts: ['otlp-http.example.org'] }));
    }, true);
    expect(broken(objects)).toEqual([]);
    expect(objectOf(objects, 'GRPCRoute', 'otel-ingestor-otlp-grpc').spec.rules).toEqual([
      { backendRefs: [{ group: '', kind: 'Service', name: 'otel-ingestor', port: 4317, weight: 1 }] },
    ]);
    expect(kindsOf(objects).filter((kind) => kind === 'BackendTLSPolicy')).toHaveLength(2);
  });

  it.each<[string, Partial<GatewayRouteOptions>, string]>([
    ['gRPC to what speaks HTTP', { protocol: 'grpc' }, 'cannot be exposed: it does not speak gRPC'],
    ['gRPC below a path', { protocol: 'grpc', path: '/x' }, 'which is not one with a path or a timeout'],
    ['a host with a port', { hosts: ['grafana.example.org:443'] }, 'GatewayRoute.hosts is "grafana.example.org:443"'],
    ['a share above all', { sampledPercent: 101 }, 'sampledPercent is 101, which is not a percentage'],
    ['a share too fine', { sampledPercent: 0.00001 }, 'to a thousandth'],
  ])('refuses %s', (_, options, message) => {
    expect(() => render(new GatewayRoute({ ...minimal, ...options }))).toThrow(message);
  });
});

describe('Trace context at a Gateway', () => {
  function tier(sampledPercent?: number) {
    return renderTier((otel) => {
      const collector = otel.otlpGrpc;
      const props = { gateway, collector, ...(sampledPercent !== undefined && { sampledPercent }) };
      new GatewayTracing(otel, 'edge', props);
    });
  }
  const tracingOf = (objects: readonly KubeObject[]) =>
    (objectOf(objects, 'EnvoyProxy', 'public-tracing').spec.telemetry as { readonly tracing: object }).tracing;

  it('begins a recorded trace for every request, and sends the Gateway’s own spans to the collectors', () => {
    const objects = tier();
    // Whoever runs the Gateway has its namespace.
    expect(broken([...objects, ...givenNamespace('gateways')])).toEqual([]);
    expect(objectOf(objects, 'EnvoyProxy', 'public-tracing').metadata.namespace).toBe('gateways');
    expect(tracingOf(objects)).toEqual({
      samplingFraction: { numerator: 100_000, denominator: 100_000 },
      provider: {
        type: 'OpenTelemetry',
        serviceName: 'public',
        backendRefs: [
          { group: '', kind: 'Service', name: 'otel-ingestor', namespace: 'collection', port: 4317, weight: 1 },
        ],
        port: 4317,
      },
    });
    expect(objectOf(objects, 'ReferenceGrant', 'public-tracing').spec).toEqual({
      from: [{ group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy', namespace: 'gateways' }],
      to: [{ group: '', kind: 'Service', name: 'otel-ingestor' }],
    });
    expect(JSON.stringify(objectOf(objects, 'NetworkPolicy', 'otel-ingestor').spec.ingress)).toContain('envoy-gateway');
  });

  it.each([
    [1, 1_000],
    [10, 10_000],
    [0.5, 500],
  ])('records %d %% where it is told so', (percent, numerator) => {
    expect(tracingOf(tier(percent))).toMatchObject({ samplingFraction: { numerator, denominator: 100_000 } });
  });

  it('is encrypted up to collectors that are, by a policy that is there once for their port', () => {
    const objects = renderTier((otel) => {
      otel.otlpGrpc.expose(new GatewayRoute({ gateway, hosts: ['otlp.example.org'], protocol: 'grpc' }));
      new GatewayTracing(otel, 'edge', { gateway, collector: otel.otlpGrpc });
    }, true);
    expect(broken([...objects, ...givenNamespace('gateways')])).toEqual([]);
    const policies = objects.filter(({ kind }) => kind === 'BackendTLSPolicy');
    expect(policies.map(({ spec }) => spec)).toEqual([
      {
        targetRefs: [{ group: '', kind: 'Service', name: 'otel-ingestor', sectionName: 'otlp-grpc' }],
        validation: {
          hostname: 'otel-ingestor.collection.svc.cluster.local',
          caCertificateRefs: [{ group: '', kind: 'Secret', name: 'ca' }],
        },
      },
    ]);
  });
});

describe('A store that is shown beside', () => {
  it('keeps the ports closed that no route leads to', () => {
    const app = testApp();
    const blocks = new ObjectStore(app.chart('storage'), 'objects').bucket('tempo-traces');
    const tempo = new TempoMonolith(app.chart('tracing'), 'tempo', { blocks });
    tempo.query.expose(new GatewayRoute({ gateway, hosts: ['tempo.example.org'] }));
    const objects = renderApp(app);
    expect(broken(objects)).toEqual([]);
    const policy = JSON.stringify(objectOf(objects, 'NetworkPolicy', 'tempo').spec.ingress);
    expect(policy).not.toContain('4317');
  });
});
