import { parse } from 'yaml';
import type { PlatformApp } from '../core/platform-app';
import { ObjectStore } from '../storage/object-store';
import { containerOf, fileOf, givenSecret, objectOf, renderApp, testApp, violationsOf } from '../testing';
import { Loki, type LokiProps } from './loki';

function render(props: LokiProps = {}, tls = false) {
  const app: PlatformApp = testApp(tls ? { tls: { ca: 'ca' } } : {});
  const chunks = new ObjectStore(app.chart('storage'), 'objects').bucket('loki-chunks');
  const loki = new Loki(app.chart('logs'), 'loki', { replicas: 3, chunks, ...props });
  loki.evaluateLogs(loki);
  return { app, loki, objects: renderApp(app) };
}

type Rendered = ReturnType<typeof render>;
const configOf = ({ objects }: Rendered) =>
  parse(fileOf(objects, 'loki-config', 'loki.yaml')) as Readonly<Record<string, object | undefined>>;
const members = 'loki-headless.logs.svc.cluster.local';

describe('Three Lokis', () => {
  it('keep each line thrice, and find each other by the name of their pods', () => {
    const rendered = render();
    expect(violationsOf(rendered.app)).toEqual([]);
    expect(configOf(rendered)).toMatchObject({
      common: {
        replication_factor: 3,
        instance_addr: '${POD_IP}',
        ring: { kvstore: { store: 'memberlist' }, instance_id: '${POD_NAME}' },
      },
      memberlist: { join_members: [`dns+${members}:7946`], advertise_addr: '${POD_IP}' },
      ingester: { wal: { flush_on_shutdown: true, replay_memory_ceiling: '819MB' } },
      ruler: { enable_sharding: true },
    });
    expect(configOf(rendered).server).not.toHaveProperty('grpc_listen_address');
    const { spec } = objectOf(rendered.objects, 'StatefulSet', 'loki');
    expect(spec).toMatchObject({ replicas: 3, podManagementPolicy: 'Parallel' });
    expect(objectOf(rendered.objects, 'Service', 'loki-headless').spec.publishNotReadyAddresses).toBe(true);
    expect(containerOf(rendered.objects, 'StatefulSet', 'loki').env?.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['POD_NAME', 'POD_IP']),
    );
  });

  it('let each other in, at ports that nobody else may reach', () => {
    const { objects } = render();
    const { ingress, egress } = objectOf(objects, 'NetworkPolicy', 'loki').spec;
    const pods = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'logs' } },
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'loki', 'app.kubernetes.io/instance': 'loki' } },
    };
    const at = [7946, 9095].map((port) => ({ port, protocol: 'TCP' }));
    expect(ingress).toContainEqual({ from: [pods], ports: at });
    expect(JSON.stringify(ingress).match(/7946|9095/g)).toHaveLength(2);
    expect(egress).toContainEqual({ to: [pods], ports: at });
    expect(objectOf(objects, 'Service', 'loki').spec.ports.map(({ port }) => port)).toEqual([3100]);
  });

  it('are moved one at a time, and spread over nodes and zones', () => {
    const { objects } = render();
    expect(objectOf(objects, 'PodDisruptionBudget', 'loki').spec).toMatchObject({ maxUnavailable: 1 });
    const { topologySpreadConstraints } = objectOf(objects, 'StatefulSet', 'loki').spec.template.spec;
    expect(topologySpreadConstraints).toMatchObject([
      { topologyKey: 'kubernetes.io/hostname' },
      { topologyKey: 'topology.kubernetes.io/zone' },
    ]);
  });

  it('speak to each other with certificates where the platform does', () => {
    const rendered = render({}, true);
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
      frontend: { grpc_client_config: client },
      query_scheduler: { grpc_client_config: client },
      frontend_worker: { query_frontend_grpc_client: client, query_scheduler_grpc_client: client },
      ruler: { ruler_client: client },
    });
    const given = ['ca', 'loki-tls', 'objects-tls'].flatMap((name) => [
      givenSecret('logs', name),
      givenSecret('storage', name),
    ]);
    expect(violationsOf(rendered.app, { given })).toEqual([]);
  });
});
