import { OtelTier } from '../collection/otel-tier';
import { shopTopology } from '../contracts/shop';
import { Endpoint } from '../core/endpoint';
import type { PlatformApp } from '../core/platform-app';
import { quantityValue } from '../core/quantity';
import { ObjectStore } from '../storage/object-store';
import {
  asYaml,
  containerOf,
  envOf,
  givenSecret,
  objectOf,
  podTemplateOf,
  renderApp,
  testApp,
  violationsOf,
  type OwnProps,
} from '../testing';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { DemoShop, type DemoShopProps } from './demo-shop';

const parts = [...shopTopology.map(({ name }) => name), 'databases', 'load'];

function collectorOf(app: PlatformApp): OtelTier {
  const blocks = new ObjectStore(app.chart('storage'), 'objects').bucket('blocks');
  const tempo = new TempoMonolith(app.chart('tracing'), 'tempo', { blocks });
  return new OtelTier(app.chart('collection'), 'otel', { traces: [tempo] });
}

function render(props: Partial<DemoShopProps> = {}, tls = false) {
  const app = testApp(tls ? { tls: { ca: 'ca' } } : {});
  const shop = new DemoShop(app.chart('examples'), 'shop', { traces: collectorOf(app).otlpHttp, ...props });
  const objects = renderApp(app);
  return { app, shop, objects, own: objects.filter(({ metadata }) => metadata.namespace === 'examples') };
}

const everything: OwnProps<DemoShopProps> = {
  name: 'fair',
  traces: Endpoint.external('collector.example.org', 4318, { scheme: 'http', ranges: ['192.0.2.0/24'] }),
  rate: 25,
  seed: 7,
  resources: { payment: { cpu: '10m', memory: '96Mi' } },
  image: 'example.org/workers:2.0.0',
};

interface Peers {
  readonly from?: readonly { readonly podSelector?: { readonly matchLabels: Record<string, string> } }[];
  readonly to?: Peers['from'];
  readonly ports?: readonly { readonly port: number }[];
}
/** Whom a part's policy names, and at which ports: `shop-cart:8080`. */
function wires(objects: ReturnType<typeof renderApp>, part: string, way: 'ingress' | 'egress'): string[] {
  const rules = objectOf(objects, 'NetworkPolicy', part).spec[way] as readonly Peers[] | undefined;
  return (
    (rules ?? [])
      .flatMap(({ from = [], to = from, ports = [] }) =>
        to.flatMap(({ podSelector }) =>
          ports.map(({ port }) => `${podSelector?.matchLabels['app.kubernetes.io/name'] ?? 'others'}:${port}`),
        ),
      )
      // Names are resolved by everybody.
      .filter((wire) => !/:(53|5353)$/.test(wire))
      .sort()
  );
}

describe('The demo shop', () => {
  it('needs to know where spans go, and nothing else', () => {
    const { app, own } = render();
    expect(violationsOf(app)).toEqual([]);
    expect(
      own
        .filter(({ kind }) => kind === 'Deployment')
        .map(({ metadata }) => metadata.name)
        .sort(),
    ).toEqual(parts.map((part) => `shop-${part}`).sort());
    expect(asYaml(own)).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const { app, objects } = render(everything);
    expect(violationsOf(app)).toEqual([]);
    for (const part of parts)
      expect(containerOf(objects, 'Deployment', `fair-${part}`).image).toBe('example.org/workers:2.0.0');
    expect(envOf(objects, 'Deployment', 'fair-load')).toEqual({
      SHOP_GATEWAY_URL: 'http://fair-gateway.examples.svc.cluster.local:8080',
      SHOP_RATE: '25',
      SHOP_SEED: '7',
    });
    expect(envOf(objects, 'Deployment', 'fair-payment')).toMatchObject({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example.org:4318',
      SHOP_SEED: '7',
    });
    expect(containerOf(objects, 'Deployment', 'fair-payment').resources).toMatchObject({
      requests: { cpu: '10m' },
    });
  });

  it('has a wire for each call and no other, at both ends', () => {
    const { objects } = render();
    for (const { name, calls, database } of shopTopology) {
      const callers = shopTopology.filter((each) => each.calls.includes(name)).map((each) => each.name);
      const visitors = name === 'gateway' ? ['load'] : [];
      expect([name, wires(objects, `shop-${name}`, 'ingress')]).toEqual([
        name,
        [...callers, ...visitors].map((caller) => `shop-${caller}:8080`).sort(),
      ]);
      const out = wires(objects, `shop-${name}`, 'egress');
      expect(out.filter((wire) => wire.startsWith('shop-') && !wire.startsWith('shop-databases'))).toEqual(
        calls.map((callee) => `shop-${callee}:8080`).sort(),
      );
      expect(out.filter((wire) => wire.startsWith('shop-databases'))).toHaveLength(database ? 1 : 0);
      expect(out).toContain('otel-ingestor:4318');
      expect(out.filter((wire) => !/^(shop-|otel-ingestor:4318)/.test(wire))).toEqual([]);
    }
    expect(wires(objects, 'otel-ingestor', 'ingress').filter((wire) => /^shop-.*:4318$/.test(wire))).toHaveLength(7);
    expect(wires(objects, 'shop-load', 'egress')).toEqual(['shop-gateway:8080']);
    expect(wires(objects, 'shop-databases', 'egress')).toEqual([]);
  });

  it('lets a service into its own database only', () => {
    const { objects } = render();
    const own = shopTopology
      .filter(({ database }) => database)
      .map(({ name }, index) => [name, `shop-databases.examples.svc.cluster.local:${5432 + index}`]);
    expect(own.map(([name = '']) => [name, envOf(objects, 'Deployment', `shop-${name}`).SHOP_DATABASE])).toEqual(own);
    expect(wires(objects, 'shop-databases', 'ingress')).toEqual(
      own.map(([name, address = '']) => `shop-${name}:${address.slice(-4)}`).sort(),
    );
    expect(envOf(objects, 'Deployment', 'shop-gateway')).not.toHaveProperty('SHOP_DATABASE');
  });

  it('opens nothing to the port where it is broken', () => {
    const { objects, own } = render();
    const services = own.filter(({ kind }) => kind === 'Service').map(({ metadata }) => metadata.name);
    for (const name of services)
      expect(objectOf(objects, 'Service', name).spec.ports.map(({ port }) => port)).not.toContain(8081);
    const policies = own.filter(({ kind }) => kind === 'NetworkPolicy');
    for (const { metadata } of policies.filter(({ metadata: { name } }) => name.startsWith('shop-')))
      expect(wires(objects, metadata.name, 'ingress').filter((wire) => wire.endsWith(':8081'))).toEqual([]);
  });

  it('asks for less than a core, and runs as the user of its image', () => {
    const { objects } = render();
    const containers = parts.map((part) => containerOf(objects, 'Deployment', `shop-${part}`));
    const requested = containers.map(({ resources }) => (resources as { requests: { cpu: string } }).requests.cpu);
    expect(requested.map((cpu) => quantityValue('cpu', cpu)).reduce((sum, each) => sum + each)).toBeLessThanOrEqual(1);
    for (const part of parts)
      expect(podTemplateOf(objects, 'Deployment', `shop-${part}`).spec.securityContext).toMatchObject({
        runAsUser: 65532,
        runAsNonRoot: true,
      });
  });

  it('sends over TLS where the platform speaks it', () => {
    const { app, objects } = render({}, true);
    expect(envOf(objects, 'Deployment', 'shop-cart')).toMatchObject({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otel-ingestor.collection.svc.cluster.local:4318',
      OTEL_EXPORTER_OTLP_CERTIFICATE: '/etc/plumbline/tls/ca-ca-crt/ca.crt',
    });
    const given = [
      ...['examples', 'collection', 'storage', 'tracing'].map((namespace) => givenSecret(namespace, 'ca')),
      ...['otel-ingestor', 'otel-aggregator'].map((name) => givenSecret('collection', `${name}-tls`)),
      givenSecret('tracing', 'tempo-tls'),
      givenSecret('storage', 'objects-tls'),
    ];
    expect(violationsOf(app, { given })).toEqual([]);
  });

  it.each<[Partial<DemoShopProps>, string]>([
    [{ rate: -1 }, 'rate is -1'],
    [{ rate: Number.NaN }, 'rate is'],
    [{ seed: 1.5 }, 'seed is 1.5'],
    [{ resources: { load: { cpu: 'much', memory: '1Mi' } } }, 'much'],
  ])('refuses %j', (props, message) => {
    expect(() => render(props)).toThrow(message);
  });
});
