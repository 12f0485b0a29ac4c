import { join } from 'node:path';
import { startApiServer, type ApiServerPeer } from '../../tools/peers';
import { OtelTier } from '../collection/otel-tier';
import { NetworkPeer } from '../core/network-peer';
import { Postgres } from '../databases/postgres';
import { ObjectStore } from '../storage/object-store';
import { podTemplateOf, renderApp, testApp } from '../testing';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { Grafana } from '../visualization/grafana';
import { GatewayRoute } from './gateway-route';
import { GatewayTracing } from './gateway-tracing';
import { Ingress } from './ingress';

const gateway = { name: 'public', namespace: 'visualization', pods: NetworkPeer.namespace('envoy-gateway-system') };

/** Two Grafanas that share a database, with every door, and collectors with theirs. */
function render(tls: boolean) {
  const app = testApp(tls ? { tls: { ca: 'ca' } } : {});
  const grafana = new Grafana(app.chart('visualization'), 'grafana', {
    database: new Postgres(app.chart('databases'), 'postgres'),
    replicas: 2,
  });
  grafana.ui.expose(new GatewayRoute({ gateway, hosts: ['grafana.example.org', '*.example.org'], sampledPercent: 10 }));
  grafana.ui.expose(
    new Ingress({
      className: 'traefik',
      host: 'grafana.example.net',
      controller: NetworkPeer.namespace('traefik'),
      annotations: { 'traefik.ingress.kubernetes.io/service.serversscheme': 'https' },
    }),
  );
  const blocks = new ObjectStore(app.chart('storage'), 'objects').bucket('tempo-traces');
  const tempo = new TempoMonolith(app.chart('tracing'), 'tempo', { blocks });
  const otel = new OtelTier(app.chart('collection'), 'otel', { traces: [tempo] });
  otel.otlpGrpc.expose(new GatewayRoute({ gateway, hosts: ['otlp.example.org'], protocol: 'grpc' }));
  new GatewayTracing(otel, 'edge', { gateway, collector: otel.otlpGrpc });
  return renderApp(app);
}

describe.each([
  ['in plain text', false],
  ['encrypted', true],
])('Doors and a shared database at a Kubernetes API server, %s', (_, tls) => {
  const objects = render(tls);
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  let api: ApiServerPeer;
  beforeAll(async () => {
    api = await startApiServer();
    for (const group of ['gateway.networking.k8s.io', 'gateway.envoyproxy.io']) {
      const definitions = join(__dirname, '..', '..', 'imports', 'crds', `${group}.yaml`);
      await api.kubectl(['apply', '--server-side', '-f', definitions]);
      await api.kubectl(['wait', '--for=condition=Established', '-f', definitions]);
    }
    await api.kubectl(['apply', '--server-side', '--warnings-as-errors', '-f', '-'], list);
  });
  afterAll(() => api.stop());

  it('are applied without a warning, by the definitions’ own rules, and have no difference afterwards', async () => {
    expect((await api.kubectl(['diff', '--server-side', '-f', '-'], list)).stdout).toBe('');
  });

  it.each([
    ['StatefulSet', 'postgres', 'databases'],
    ['Job', 'postgres-databases', 'databases'],
    ['Deployment', 'grafana', 'visualization'],
  ])('have pods that a restricted namespace lets in: %s %s', async (kind, name, namespace) => {
    const { metadata, spec } = podTemplateOf(objects, kind, name);
    // A StatefulSet's controller adds the volumes of its claims.
    const claims = kind === 'StatefulSet' ? [{ name: 'data', emptyDir: {} }] : [];
    const volumes = [...(spec.volumes as readonly object[]), ...claims];
    const admit = async (change: object = {}) => {
      const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name: 'tried', namespace } };
      const text = JSON.stringify({ ...pod, spec: { ...spec, volumes, ...change } });
      return (await api.kubectl(['create', '--dry-run=server', '-o', 'name', '-f', '-'], text)).stdout.trim();
    };
    expect(await admit()).toBe('pod/tried');
    await expect(admit({ hostNetwork: true })).rejects.toThrow('violates PodSecurity "restricted');
  });

  it('have routes that the server would refuse with a backend of no port', async () => {
    const route = objects.find(({ kind }) => kind === 'HTTPRoute');
    const wrong = JSON.stringify(route).replace('"port":80', '"group":""');
    await expect(
      api.kubectl(['apply', '--server-side', '--dry-run=server', '--force-conflicts', '-f', '-'], wrong),
    ).rejects.toThrow('Must have port for Service reference');
  });
});
