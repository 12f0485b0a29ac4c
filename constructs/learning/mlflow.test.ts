import { Endpoint } from '../core/endpoint';
import { NodePort } from '../core/exposure';
import { SecretSource } from '../core/secret-source';
import { ConfigFile } from '../core/config-file';
import { PlatformJob } from '../core/platform-job';
import { Postgres } from '../databases/postgres';
import { ObjectStore } from '../storage/object-store';
import type { PlatformApp } from '../core/platform-app';
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
import { Mlflow, type MlflowProps } from './mlflow';
import { useRegistry } from './model-registry';

type Own = Omit<MlflowProps, 'database' | 'artifacts'>;
const everything: Omit<OwnProps<MlflowProps>, 'database' | 'artifacts'> = {
  name: 'models',
  hosts: ['mlflow.example.org', 'localhost:5001'],
  exposure: new NodePort(30500),
  credentials: SecretSource.existing(),
  resources: { cpu: '1', memory: '2Gi' },
  image: 'example.org/mlflow:3.17.2',
};

function client(app: PlatformApp, concern = 'anomaly'): PlatformJob {
  const file = ConfigFile.json('job.json', () => ({}));
  const common = { name: 'model-client', instance: 'client', job: 'databases', file } as const;
  return new PlatformJob(app.chart(concern), 'client', common);
}

function render(props: Own = {}, tls = false) {
  const app = testApp(tls ? { tls: { ca: 'ca' } } : {});
  const database = new Postgres(app.chart('databases'), 'postgres');
  const artifacts = new ObjectStore(app.chart('storage'), 'objects').bucket('mlflow');
  const mlflow = new Mlflow(app.chart('learning'), 'mlflow', { ...props, database, artifacts });
  const workload = client(app);
  useRegistry(workload, mlflow.grantUse(workload));
  return { app, mlflow, workload, objects: renderApp(app) };
}
const ofLearning = ({ objects }: ReturnType<typeof render>) =>
  asYaml(objects.filter(({ metadata }) => metadata.namespace === 'learning'));

describe('An MLflow', () => {
  it('needs a database and a bucket', () => {
    const rendered = render();
    expect(violationsOf(rendered.app)).toEqual([]);
    expect(ofLearning(rendered)).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const { objects } = render(everything);
    expect(containerOf(objects, 'Deployment', 'models')).toMatchObject({
      image: 'example.org/mlflow:3.17.2',
      resources: { limits: { memory: '2Gi' } },
    });
    expect(containerOf(objects, 'Job', 'models-users').image).toBe('example.org/mlflow:3.17.2');
    expect(objectOf(objects, 'Service', 'models').spec.ports).toMatchObject([{ nodePort: 30500 }]);
    const { MLFLOW_SERVER_ALLOWED_HOSTS: hosts = '' } = envOf(objects, 'Deployment', 'models');
    expect(hosts.split(',')).toEqual(expect.arrayContaining(['mlflow.example.org:*', 'localhost:5001']));
  });

  it('answers by each name of its Service, which it would else refuse', () => {
    const { MLFLOW_SERVER_ALLOWED_HOSTS: hosts = '' } = envOf(render().objects, 'Deployment', 'mlflow');
    const own = ['mlflow.learning.svc.cluster.local', 'mlflow.learning.svc', 'mlflow.learning', 'mlflow'];
    expect(hosts.split(',')).toEqual(expect.arrayContaining(own.flatMap((each) => [each, `${each}:*`])));
    expect(hosts).not.toContain('*,*');
    expect(hosts.split(',')).not.toContain('*');
  });

  it('has no password in an address, an argument or a file', () => {
    const { objects } = render();
    const { args, command } = containerOf(objects, 'Deployment', 'mlflow');
    expect(envOf(objects, 'Deployment', 'mlflow').MLFLOW_BACKEND_STORE_URI).toBe(
      'postgresql+psycopg2://postgres.databases.svc.cluster.local:5432/mlflow',
    );
    expect(fileOf(objects, 'mlflow-config', 'auth.ini')).toBe(
      '[mlflow]\ndefault_permission = READ\n' +
        'database_uri = postgresql+psycopg2://postgres.databases.svc.cluster.local:5432/mlflow\n' +
        'authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n',
    );
    expect(JSON.stringify([command, args])).not.toMatch(/password|@/i);
    expect(containerOf(objects, 'Deployment', 'mlflow').env).toContainEqual({
      name: 'PGPASSWORD',
      valueFrom: { secretKeyRef: { name: 'mlflow-postgres-sql', key: 'password' } },
    });
  });

  it('asks for passwords from its first start on', () => {
    const { objects } = render();
    const { args, env } = containerOf(objects, 'Deployment', 'mlflow');
    expect(args).toContain('--app-name=basic-auth');
    for (const [name, key] of [
      ['MLFLOW_AUTH_ADMIN_PASSWORD', 'password'],
      ['MLFLOW_FLASK_SERVER_SECRET_KEY', 'sessionKey'],
    ])
      expect(env).toContainEqual({ name, valueFrom: { secretKeyRef: { name: 'mlflow-admin', key } } });
  });

  it('encrypts, and checks who its database is, where the platform does', () => {
    const { app, objects } = render({}, true);
    const { args } = containerOf(objects, 'Deployment', 'mlflow');
    expect(args).toContain(
      '--uvicorn-opts=--ssl-certfile=/etc/plumbline/tls/server/tls.crt --ssl-keyfile=/etc/plumbline/tls/server/tls.key',
    );
    expect(envOf(objects, 'Deployment', 'mlflow')).toMatchObject({
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: '/etc/plumbline/tls/ca-ca-crt/ca.crt',
      AWS_CA_BUNDLE: '/etc/plumbline/tls/ca-ca-crt/ca.crt',
    });
    expect(envOf(objects, 'Job', 'model-client')).toMatchObject({
      MLFLOW_TRACKING_URI: 'https://mlflow.learning.svc.cluster.local:5000',
      NODE_EXTRA_CA_CERTS: '/etc/plumbline/tls/ca-ca-crt/ca.crt',
    });
    const given = [
      ...['databases', 'storage', 'learning', 'anomaly'].map((namespace) => givenSecret(namespace, 'ca')),
      givenSecret('databases', 'postgres-tls'),
      givenSecret('storage', 'objects-tls'),
      givenSecret('learning', 'mlflow-tls'),
    ];
    expect(violationsOf(app, { given })).toEqual([]);
  });
});

describe('A grant of a registry', () => {
  it('makes a user of the workload’s name, with a password of its own', () => {
    const { objects } = render();
    const { volumes } = podTemplateOf(objects, 'Job', 'mlflow-users').spec;
    expect(JSON.stringify(volumes)).toContain('model-client-mlflow-user');
    expect(containerOf(objects, 'Job', 'model-client').env).toContainEqual({
      name: 'MLFLOW_TRACKING_PASSWORD',
      valueFrom: { secretKeyRef: { name: 'model-client-mlflow-user', key: 'password' } },
    });
    expect(envOf(objects, 'Job', 'model-client').MLFLOW_TRACKING_URI).toBe(
      'http://mlflow.learning.svc.cluster.local:5000',
    );
  });

  it('is one, however often it is asked for, and refused to another workload of the name', () => {
    const { app, mlflow, workload } = render();
    expect(mlflow.grantUse(workload).credentials).toBeDefined();
    expect(() => mlflow.grantUse(client(app, 'metrics'))).toThrow('user model-client exists twice in server mlflow');
  });

  it('cannot come of one Secret for all', () => {
    expect(() => render({ credentials: SecretSource.existing({ name: 'shared' }) })).toThrow('-user for each');
  });
});

describe('An MLflow of somebody else', () => {
  const endpoint = Endpoint.external('mlflow.example.org', 443, { scheme: 'https', ranges: ['10.1.0.0/16'] });

  it('is read of with what it gave', () => {
    const app = testApp();
    const workload = client(app);
    useRegistry(workload, Mlflow.fromExternal(app.chart('learning'), 'theirs', { endpoint }).grantUse(workload));
    const objects = renderApp(app);
    expect(envOf(objects, 'Job', 'model-client').MLFLOW_TRACKING_URI).toBe('https://mlflow.example.org:443');
    expect(violationsOf(app, { given: [givenSecret('anomaly', 'model-client-theirs-user')] })).toEqual([]);
  });

  it('may ask nobody who he is', () => {
    const app = testApp();
    const workload = client(app);
    const theirs = Mlflow.fromExternal(app.chart('learning'), 'theirs', { endpoint, credentials: 'none' });
    expect(theirs.grantUse(workload).credentials).toBeUndefined();
    expect(violationsOf(app)).toEqual([]);
  });
});
