import { parse } from 'yaml';
import { OtelTier } from '../collection/otel-tier';
import { Prometheus } from '../metrics/prometheus';
import { ObjectStore } from '../storage/object-store';
import { containerOf, fileOf, givenSecret, objectOf, renderApp, testApp, violationsOf } from '../testing';
import { TempoMonolith } from './tempo-monolith';

function render(tls = false, replicas = 3) {
  const app = testApp(tls ? { tls: { ca: 'ca' } } : {});
  const blocks = new ObjectStore(app.chart('storage'), 'objects').bucket('tempo-traces');
  const metrics = new Prometheus(app.chart('metrics'), 'prometheus');
  const tempo = new TempoMonolith(app.chart('tracing'), 'tempo', { replicas, blocks, metrics });
  new OtelTier(app.chart('collection'), 'otel', { traces: [tempo] });
  return { app, tempo, objects: renderApp(app) };
}

type Rendered = ReturnType<typeof render>;
const configOf = ({ objects }: Rendered) =>
  parse(fileOf(objects, 'tempo-config', 'tempo.yaml')) as Readonly<Record<string, object | undefined>>;
const members = 'tempo-headless.tracing.svc.cluster.local';

describe('Three Tempos', () => {
  it('keep each span thrice, divide what is to be done, and find each other by the name of their pods', () => {
    const rendered = render();
    expect(violationsOf(rendered.app)).toEqual([]);
    const ring = { kvstore: { store: 'memberlist' }, instance_id: '${POD_NAME}', instance_addr: '${POD_IP}' };
    expect(configOf(rendered)).toMatchObject({
      memberlist: { join_members: [`dns+${members}:7946`], advertise_addr: '${POD_IP}' },
      ingester: {
        lifecycler: { id: '${POD_NAME}', ring: { replication_factor: 3, kvstore: { store: 'memberlist' } } },
        flush_all_on_shutdown: true,
      },
      distributor: { ring },
      compactor: { ring: { ...ring, wait_stability_max_duration: '30s' } },
      metrics_generator: { ring },
      querier: { frontend_worker: { frontend_address: `${members}:9095` } },
      query_frontend: { search: { query_ingesters_until: '45m' } },
      overrides: { defaults: { ingestion: { rate_strategy: 'global', artificial_delay: '250ms' } } },
    });
    expect(containerOf(rendered.objects, 'StatefulSet', 'tempo').args).toContain('-target=scalable-single-binary');
    expect(objectOf(rendered.objects, 'StatefulSet', 'tempo').spec).toMatchObject({
      replicas: 3,
      podManagementPolicy: 'Parallel',
    });
  });

  it('let each other in, at ports that nobody else may reach', () => {
    const { objects } = render();
    const { ingress, egress } = objectOf(objects, 'NetworkPolicy', 'tempo').spec;
    const pods = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'tracing' } },
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'tempo', 'app.kubernetes.io/instance': 'tempo' } },
    };
    const at = [7946, 9095].map((port) => ({ port, protocol: 'TCP' }));
    expect(ingress).toContainEqual({ from: [pods], ports: at });
    expect(JSON.stringify(ingress).match(/7946|9095/g)).toHaveLength(2);
    expect(egress).toContainEqual({ to: [pods], ports: at });
    expect(objectOf(objects, 'Service', 'tempo').spec.ports.map(({ port }) => port)).toEqual([3200, 4317, 4318]);
  });

  it('are moved one at a time, and spread over nodes and zones', () => {
    const { objects } = render();
    expect(objectOf(objects, 'PodDisruptionBudget', 'tempo').spec).toMatchObject({ maxUnavailable: 1 });
    const { topologySpreadConstraints } = objectOf(objects, 'StatefulSet', 'tempo').spec.template.spec;
    expect(topologySpreadConstraints).toMatchObject([
      { topologyKey: 'kubernetes.io/hostname' },
      { topologyKey: 'topology.kubernetes.io/zone' },
    ]);
  });

  it('are missed where one does not answer, and where one gets too little', () => {
    const names = (tempo: TempoMonolith) => tempo.alerts.map(({ name }) => name);
    const own = ['TempoMemberMissing', 'TempoCopiesMissing'];
    expect(names(render().tempo)).toEqual(expect.arrayContaining(own));
    expect(names(render(false, 1).tempo).filter((name) => own.includes(name))).toEqual([]);
  });

  it('count a trace once in their dashboard', () => {
    const dashboards = (tempo: TempoMonolith) => JSON.stringify(tempo.dashboards);
    expect(dashboards(render().tempo)).toContain('(tempo_ingester_live_traces{job=\\"tempo\\"}) / 3"');
    expect(dashboards(render(false, 1).tempo)).toContain('(tempo_ingester_live_traces{job=\\"tempo\\"})"');
  });

  it('are sent spans by turns', () => {
    const { objects } = render();
    const { exporters } = parse(fileOf(objects, 'otel-aggregator-config', 'config.yaml')) as {
      readonly exporters: Readonly<Record<string, object>>;
    };
    expect(exporters['otlp_grpc/tempo']).toMatchObject({
      endpoint: `dns:///${members}:4317`,
      balancer_name: 'round_robin',
    });
    expect(fileOf(render(false, 1).objects, 'otel-aggregator-config', 'config.yaml')).not.toContain('round_robin');
  });

  it('speak to each other with certificates where the platform does', () => {
    const rendered = render(true);
    const client = {
      tls_enabled: true,
      tls_ca_path: '/etc/plumbline/tls/ca-ca-crt/ca.crt',
      tls_server_name: members,
    };
    const own = { cert_file: '/etc/plumbline/tls/server/tls.crt', key_file: '/etc/plumbline/tls/server/tls.key' };
    expect(configOf(rendered)).toMatchObject({
      server: { grpc_tls_config: own },
      memberlist: { ...client, tls_cert_path: own.cert_file, tls_key_path: own.key_file },
      ingester_client: { grpc_client_config: client },
      metrics_generator_client: { grpc_client_config: client },
      querier: { frontend_worker: { grpc_client_config: client } },
    });
    const given = ['storage', 'metrics', 'tracing', 'collection'].flatMap((namespace) =>
      ['ca', 'objects-tls', 'prometheus-tls', 'tempo-tls', 'otel-ingestor-tls', 'otel-aggregator-tls'].map((name) =>
        givenSecret(namespace, name),
      ),
    );
    expect(violationsOf(rendered.app, { given })).toEqual([]);
  });

  it('are one, or more than two', () => {
    expect(() => render(false, 2)).toThrow('replicas is 2, which is not 1, or at least 3');
  });
});
