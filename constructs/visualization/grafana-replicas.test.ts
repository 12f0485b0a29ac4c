import { Size } from 'cdk8s';
import { Endpoint } from '../core/endpoint';
import type { PlatformApp } from '../core/platform-app';
import { Postgres } from '../databases/postgres';
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
} from '../testing';
import { Grafana, type GrafanaProps } from './grafana';

const postgresOf = (app: PlatformApp) => new Postgres(app.chart('databases'), 'postgres');

function render(
  props: GrafanaProps = {},
  databaseOf = postgresOf as (app: PlatformApp) => GrafanaProps['database'],
  tls = false,
) {
  const app = testApp(tls ? { tls: { ca: 'ca' } } : {});
  const database = databaseOf(app);
  new Grafana(app.chart('visualization'), 'grafana', {
    replicas: 2,
    ...props,
    ...(database !== undefined && { database }),
  });
  return { app, objects: renderApp(app) };
}
const alone = () => undefined;

describe('Two Grafanas that share a database', () => {
  it('are a Deployment without a volume, spread and moved one at a time', () => {
    const { app, objects } = render();
    expect(violationsOf(app)).toEqual([]);
    const { spec } = objectOf(objects, 'Deployment', 'grafana');
    expect(spec).toMatchObject({ replicas: 2, strategy: { type: 'RollingUpdate' } });
    expect(spec.template.spec.topologySpreadConstraints).toHaveLength(2);
    expect(objectOf(objects, 'PodDisruptionBudget', 'grafana').spec).toMatchObject({ maxUnavailable: 1 });
    expect(objects.some(({ kind }) => kind === 'PersistentVolumeClaim')).toBe(false);
    expect(spec.template.spec.volumes).toContainEqual({ name: 'data', emptyDir: { sizeLimit: '512Mi' } });
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'visualization'))).toMatchSnapshot();
  });

  it('are told of it, and its password by reference', () => {
    const { objects } = render();
    expect(envOf(objects, 'Deployment', 'grafana')).toMatchObject({
      GF_DATABASE_TYPE: 'postgres',
      GF_DATABASE_HOST: 'postgres.databases.svc.cluster.local:5432',
      GF_DATABASE_NAME: 'grafana',
      GF_DATABASE_SSL_MODE: 'disable',
    });
    expect(containerOf(objects, 'Deployment', 'grafana').env).toEqual(
      expect.arrayContaining(
        [
          ['GF_DATABASE_USER', 'grafana-postgres-sql', 'username'],
          ['GF_DATABASE_PASSWORD', 'grafana-postgres-sql', 'password'],
          // The same for all: what one encrypts, every other must read.
          ['GF_SECURITY_SECRET_KEY', 'grafana-admin', 'secretKey'],
        ].map(([variable, name, key]) => ({ name: variable, valueFrom: { secretKeyRef: { name, key } } })),
      ),
    );
  });

  it('verify who answers, where the platform encrypts', () => {
    const { app, objects } = render({}, postgresOf, true);
    const env = envOf(objects, 'Deployment', 'grafana');
    expect([env.GF_DATABASE_SSL_MODE, env.GF_DATABASE_CA_CERT_PATH]).toEqual([
      'verify-full',
      '/etc/plumbline/tls/ca-ca-crt/ca.crt',
    ]);
    const given = [
      ...['ca', 'postgres-tls'].map((name) => givenSecret('databases', name)),
      ...['ca', 'grafana-tls'].map((name) => givenSecret('visualization', name)),
    ];
    expect(violationsOf(app, { given })).toEqual([]);
  });

  it('tell each other of alerts, by both protocols, under a name that has all of them', () => {
    const { objects } = render();
    const { env } = containerOf(objects, 'Deployment', 'grafana');
    expect(env?.find(({ name }) => name === 'POD_IP')?.valueFrom).toEqual({
      fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' },
    });
    expect(envOf(objects, 'Deployment', 'grafana')).toMatchObject({
      GF_UNIFIED_ALERTING_HA_PEERS: 'grafana-headless.visualization.svc.cluster.local:9094',
      GF_UNIFIED_ALERTING_HA_LISTEN_ADDRESS: '$(POD_IP):9094',
      GF_UNIFIED_ALERTING_HA_ADVERTISE_ADDRESS: '$(POD_IP):9094',
    });
    const names = env?.map(({ name }) => name) ?? [];
    expect(names.indexOf('POD_IP')).toBeLessThan(names.indexOf('GF_UNIFIED_ALERTING_HA_LISTEN_ADDRESS'));
    const { ports, ...service } = objectOf(objects, 'Service', 'grafana-headless').spec;
    expect(service).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(ports).toEqual(
      expect.arrayContaining([
        { name: 'cluster', port: 9094, targetPort: 'cluster' },
        { name: 'cluster-udp', port: 9094, targetPort: 'cluster-udp', protocol: 'UDP' },
      ]),
    );
    const { ingress, egress } = objectOf(objects, 'NetworkPolicy', 'grafana').spec;
    for (const rules of [ingress, egress])
      for (const protocol of ['TCP', 'UDP'])
        expect(JSON.stringify(rules)).toContain(`{"port":9094,"protocol":"${protocol}"}`);
  });

  it('are not started again when the database is away, and get no traffic then', () => {
    const { readinessProbe, livenessProbe } = containerOf(render().objects, 'Deployment', 'grafana');
    expect(readinessProbe).toMatchObject({ httpGet: { path: '/api/health' } });
    expect(livenessProbe).toMatchObject({ httpGet: { path: '/healthz' } });
  });

  it('may be left to an autoscaler', () => {
    const app = testApp();
    new Grafana(app.chart('visualization'), 'grafana', {
      database: postgresOf(app),
      autoscaler: { minReplicas: 2, maxReplicas: 5, cpuPercent: 60 },
    });
    expect(violationsOf(app)).toEqual([]);
    const objects = renderApp(app);
    expect(objectOf(objects, 'HorizontalPodAutoscaler', 'grafana').spec).toMatchObject({ maxReplicas: 5 });
    expect(envOf(objects, 'Deployment', 'grafana').GF_UNIFIED_ALERTING_HA_PEERS).toBeDefined();
  });
});

describe('One Grafana', () => {
  it('with a database of others has neither a volume nor anybody to tell', () => {
    const { app, objects } = render({ replicas: 1 }, (app) =>
      Postgres.fromExternal(app.chart('databases'), 'rds', {
        endpoint: Endpoint.external('db.example.org', 5432, { tls: {} }),
      }),
    );
    expect(violationsOf(app, { given: [givenSecret('visualization', 'grafana-rds-sql')] })).toEqual([]);
    const env = envOf(objects, 'Deployment', 'grafana');
    expect(env).toMatchObject({ GF_DATABASE_HOST: 'db.example.org:5432', GF_DATABASE_SSL_MODE: 'verify-full' });
    expect(Object.keys(env).filter((name) => name.includes('_HA_'))).toEqual([]);
    expect(JSON.stringify(podTemplateOf(objects, 'Deployment', 'grafana'))).not.toContain('9094');
  });

  it.each<[string, GrafanaProps, typeof alone | undefined, string]>([
    ['several without a database', {}, alone, 'grafana.replicas is 2, which is not possible without `database`'],
    [
      'an autoscaler without one',
      { autoscaler: { minReplicas: 1, maxReplicas: 3, cpuPercent: 60 } },
      alone,
      'grafana.replicas is 3, which is not possible',
    ],
    [
      'a volume that nothing is kept on',
      { volume: { size: Size.gibibytes(1) } },
      undefined,
      'grafana.volume.size is "1024 MiB", which is not of use beside `database`',
    ],
  ])('cannot be %s', (_, props, databaseOf, message) => {
    expect(() => render(props, databaseOf)).toThrow(message);
  });
});
