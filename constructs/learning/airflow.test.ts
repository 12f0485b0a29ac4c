import { Duration, Size } from 'cdk8s';
import { parse } from 'yaml';
import { Endpoint } from '../core/endpoint';
import { NodePort } from '../core/exposure';
import { SecretSource } from '../core/secret-source';
import { ConfigFile } from '../core/config-file';
import { PlatformJob } from '../core/platform-job';
import { Postgres } from '../databases/postgres';
import { ObjectStore } from '../storage/object-store';
import { TempoMonolith } from '../tracing/tempo-monolith';
import type { CredentialsJob } from '../contracts';
import {
  asYaml,
  containerOf,
  envOf,
  fileOf,
  givenSecret,
  objectOf,
  podTemplateOf,
  renderApp,
  testApp,
  violationsOf,
  type OwnProps,
} from '../testing';
import { Airflow, useTrigger, type AirflowProps } from './airflow';
import { Mlflow } from './mlflow';

type Own = Omit<OwnProps<AirflowProps>, 'database' | 'training'>;
const everything: Own = {
  name: 'workflows',
  metrics: Endpoint.external('otel.example.org', 4318, { scheme: 'http' }),
  volume: { size: Size.gibibytes(10) },
  url: 'https://airflow.example.org',
  exposure: new NodePort(30880),
  credentials: SecretSource.existing(),
  image: 'example.org/airflow:3.3.3',
  resources: { api: { cpu: '1', memory: '2Gi' } },
};

function render(props: Partial<Own> = {}, training: Partial<AirflowProps['training']> = {}, tls = false) {
  const app = testApp(tls ? { tls: { ca: 'ca' } } : {});
  const database = new Postgres(app.chart('databases'), 'postgres');
  const storage = new ObjectStore(app.chart('storage'), 'objects');
  const traces = new TempoMonolith(app.chart('tracing'), 'tempo', { blocks: storage.bucket('tempo-traces') });
  const registry = new Mlflow(app.chart('visualization'), 'mlflow', { database, artifacts: storage.bucket('mlflow') });
  const [anomalies, models] = [storage.bucket('anomaly-data'), storage.bucket('ml-models')];
  const airflow = new Airflow(app.chart('learning'), 'airflow', {
    ...props,
    database,
    training: { anomalies, models, traces, registry, ...training },
  });
  return { app, airflow, anomalies, models };
}

const servers = [
  ['Deployment', 'airflow-api-server'],
  ['StatefulSet', 'airflow-scheduler'],
  ['Deployment', 'airflow-dag-processor'],
  ['Job', 'airflow-setup'],
] as const;

describe('An Airflow', () => {
  it('needs a database and something to train with', () => {
    const { app } = render();
    expect(violationsOf(app)).toEqual([]);
    expect(asYaml(renderApp(app).filter(({ metadata }) => metadata.namespace === 'learning'))).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const schedule = '0 4 * * 1';
    const { app } = render(everything, {
      schedule,
      retries: 5,
      stepTimeout: Duration.hours(1),
      image: 'example.org/t:1.0',
    });
    const objects = renderApp(app);
    for (const [kind, name] of servers)
      expect(containerOf(objects, kind, name.replace('airflow', 'workflows')).image).toBe('example.org/airflow:3.3.3');
    expect(containerOf(objects, 'Deployment', 'workflows-api-server')).toMatchObject({
      resources: { limits: { memory: '2Gi' } },
    });
    expect(envOf(objects, 'Deployment', 'workflows-api-server').AIRFLOW__API__BASE_URL).toBe(everything.url);
    expect(envOf(objects, 'StatefulSet', 'workflows-scheduler')).toMatchObject({
      AIRFLOW__METRICS__OTEL_ON: 'True',
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://otel.example.org:4318/v1/metrics',
      OTEL_SERVICE_NAME: 'workflows',
    });
    expect(objectOf(objects, 'Service', 'workflows-api-server').spec.ports).toMatchObject([{ nodePort: 30880 }]);
    expect(JSON.parse(fileOf(objects, 'workflows-scheduler-dags', 'anomaly_detection_training.json'))).toMatchObject({
      schedule,
      retries: 5,
      stepTimeoutSeconds: 3600,
      podTemplate: { spec: { containers: [{ image: 'example.org/t:1.0' }] } },
    });
  });

  it('is one: its programs share a database, its role and three keys', () => {
    const objects = renderApp(render().app);
    for (const [kind, name] of servers) {
      const { env } = containerOf(objects, kind, name);
      const secrets = [
        ['PGPASSWORD', 'airflow-api-server-postgres-sql', 'password'],
        ['AIRFLOW__API_AUTH__JWT_SECRET', 'airflow-keys', 'jwtSecret'],
        ['AIRFLOW__API__SECRET_KEY', 'airflow-keys', 'secretKey'],
        ['AIRFLOW__CORE__FERNET_KEY', 'airflow-keys', 'fernetKey'],
      ];
      for (const [variable, secret, key] of secrets)
        expect(env).toContainEqual({ name: variable, valueFrom: { secretKeyRef: { name: secret, key } } });
      expect(envOf(objects, kind, name).AIRFLOW__DATABASE__SQL_ALCHEMY_CONN).toBe(
        'postgresql+psycopg2://postgres.databases.svc.cluster.local:5432/airflow-api-server',
      );
    }
    const { secrets } = JSON.parse(fileOf(objects, 'credentials-job', 'job.json')) as CredentialsJob;
    expect(secrets.find(({ name }) => name === 'airflow-keys')?.keys.map(({ kind }) => kind)).toEqual(
      Array(3).fill('base64Key'),
    );
  });

  it('lets its scheduler make pods in its own namespace, and nothing else make any', () => {
    const objects = renderApp(render().app);
    expect(objectOf(objects, 'Role', 'airflow-scheduler')).toMatchObject({
      metadata: { namespace: 'learning' },
      rules: [
        { apiGroups: [''], resources: ['pods'], verbs: ['create', 'get', 'list', 'watch', 'delete'] },
        { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
      ],
    });
    const others = objects.filter(({ kind, metadata }) => kind === 'Role' && metadata.name.startsWith('airflow-'));
    expect(others.map(({ metadata }) => metadata.name)).toEqual(['airflow-scheduler']);
  });

  it('encrypts its API, and checks who its database is, where the platform does', () => {
    const { app } = render({}, {}, true);
    const objects = renderApp(app);
    const ca = '/etc/plumbline/tls/ca-ca-crt/ca.crt';
    expect(envOf(objects, 'Deployment', 'airflow-api-server')).toMatchObject({
      AIRFLOW__API__SSL_CERT: '/etc/plumbline/tls/server/tls.crt',
      AIRFLOW__API__SSL_KEY: '/etc/plumbline/tls/server/tls.key',
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: ca,
    });
    expect(envOf(objects, 'StatefulSet', 'airflow-scheduler')).toMatchObject({
      AIRFLOW__CORE__EXECUTION_API_SERVER_URL: 'https://airflow-api-server.learning.svc.cluster.local:8080/execution/',
      SSL_CERT_FILE: ca,
    });
    const clients = ['databases', 'storage', 'tracing', 'visualization', 'learning'];
    const served = ['postgres', 'objects', 'tempo', 'mlflow', 'airflow-api-server'];
    const given = [
      ...clients.map((namespace) => givenSecret(namespace, 'ca')),
      ...served.map((name, index) => givenSecret(clients[index] ?? '', `${name}-tls`)),
    ];
    expect(violationsOf(app, { given })).toEqual([]);
  });

  it('runs as its image does, with nothing to write but scratch and logs', () => {
    const objects = renderApp(render().app);
    for (const [kind, name] of servers) {
      const { securityContext } = podTemplateOf(objects, kind, name).spec;
      expect(securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 50000 });
      expect(containerOf(objects, kind, name)).toMatchObject({ securityContext: { readOnlyRootFilesystem: true } });
    }
  });
});

describe('A training in Airflow', () => {
  it('is of pods that are a PodTemplate, word for word', () => {
    const objects = renderApp(render().app);
    const template = objectOf(objects, 'PodTemplate', 'airflow-training').template as object;
    for (const name of ['airflow-scheduler', 'airflow-dag-processor']) {
      const { podTemplate } = parse(fileOf(objects, `${name}-dags`, 'anomaly_detection_training.json')) as {
        readonly podTemplate: object;
      };
      expect(podTemplate).toEqual(template);
    }
    expect(template).toMatchObject({
      spec: { automountServiceAccountToken: false, restartPolicy: 'Never', serviceAccountName: 'airflow-training' },
    });
  });

  it('reads anomalies, reads and writes models, and no more', () => {
    const { app, anomalies, models } = render();
    renderApp(app);
    const actions = ({ grants }: typeof anomalies) =>
      grants.filter(({ workload }) => workload.name === 'airflow-training').map((each) => each.actions);
    expect(actions(anomalies)).toEqual([['read', 'list']]);
    expect(actions(models)).toEqual([['read', 'list', 'write']]);
  });

  it('is in files of their own, which Airflow finds once', () => {
    const { volumeMounts } = containerOf(renderApp(render().app), 'StatefulSet', 'airflow-scheduler');
    expect(volumeMounts).toEqual(
      expect.arrayContaining(
        ['py', 'json'].map((end) => ({
          name: 'dags',
          mountPath: `/opt/airflow/dags/anomaly_detection_training.${end}`,
          subPath: `anomaly_detection_training.${end}`,
          readOnly: true,
        })),
      ),
    );
  });

  it('is started by who was granted it, as a user of its own', () => {
    const { app, airflow } = render();
    const file = ConfigFile.json('job.json', () => ({}));
    const common = { name: 'anomaly-detection', instance: 'client', job: 'databases', file } as const;
    const workload = new PlatformJob(app.chart('anomaly'), 'client', common);
    useTrigger(workload, airflow.grantTrigger(workload));
    const objects = renderApp(app);
    expect(envOf(objects, 'Job', 'anomaly-detection').AIRFLOW_URL).toBe(
      'http://airflow-api-server.learning.svc.cluster.local:8080',
    );
    expect(JSON.stringify(podTemplateOf(objects, 'Job', 'airflow-setup').spec.volumes)).toContain(
      'anomaly-detection-airflow-user',
    );
    expect(violationsOf(app)).toEqual([]);
  });
});

describe('What is told of an Airflow', () => {
  it('is whether it trains, only where it sends metrics', () => {
    const names = (props: Partial<Own>) => render(props).airflow.alerts.map(({ name }) => name);
    expect(names({})).toEqual(['AirflowDown']);
    expect(names(everything)).toEqual(['AirflowDown', 'AirflowSchedulerSilent', 'TrainingFailed', 'TrainingOverdue']);
  });
});
