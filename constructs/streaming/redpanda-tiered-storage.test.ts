import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Duration } from 'cdk8s';
import { parse } from 'yaml';
import type { TopicsJob } from '../contracts';
import type { IBucket } from '../core/bucket';
import type { PlatformAppProps } from '../core/platform-app';
import { SecretSource } from '../core/secret-source';
import { ServerCertificate } from '../core/server-tls';
import { checkAll, type KubeObject } from '../invariants';
import { ObjectStore } from '../storage/object-store';
import type { ExternalObjectStoreProps } from '../storage/external-object-store';
import {
  asYaml,
  containerOf,
  fileOf,
  givenSecret,
  objectOf,
  podTemplateOf,
  renderApp,
  testApp,
  violationsOf,
  type TestContainer,
} from '../testing';
import { RedpandaBroker, type RedpandaBrokerProps } from './redpanda-broker';
import { copyScript } from './redpanda-copy-config';
import { clusterPropertyObjections, heededAfterRestart } from './redpanda-schema.testing';

const region = 'eu-central-1';
const role = 'arn:aws:iam::111122223333:role/topics';

interface Options {
  /** @default - the platform's own store */
  readonly external?: ExternalObjectStoreProps;
  readonly app?: Partial<PlatformAppProps>;
  readonly tieredStorage?: Omit<NonNullable<RedpandaBrokerProps['tieredStorage']>, 'bucket'>;
  readonly broker?: RedpandaBrokerProps;
}

function render({ external, app: props, tieredStorage, broker: others }: Options = {}) {
  const app = testApp(props);
  const chart = app.chart('storage');
  const store =
    external === undefined ? new ObjectStore(chart, 'objects') : ObjectStore.fromExternal(chart, 'objects', external);
  const bucket: IBucket = store.bucket('topics');
  const broker = new RedpandaBroker(app.chart('streaming'), 'redpanda', {
    brokers: 3,
    ...others,
    tieredStorage: { bucket, ...tieredStorage },
  });
  broker.topic('orders', { partitions: 3 });
  return { app, broker, objects: renderApp(app) };
}

const jobOf = (objects: readonly KubeObject[]) =>
  (JSON.parse(fileOf(objects, 'redpanda-topics-job', 'job.json')) as TopicsJob).redpanda;
const bootstrapOf = (objects: readonly KubeObject[]) =>
  parse(fileOf(objects, 'redpanda-config', '.bootstrap.yaml')) as Record<string, unknown>;
const propertiesOf = (options: Options) => jobOf(render(options).objects)?.properties ?? {};

function initOf(objects: readonly KubeObject[]): TestContainer {
  const [init] = podTemplateOf(objects, 'StatefulSet', 'redpanda').spec.initContainers ?? [];
  if (init === undefined) throw new Error('there is no init container');
  return init;
}

const secretOf = (name: string, key: string) => ({ valueFrom: { secretKeyRef: { name, key } } });
const encrypted = { tls: { ca: 'platform-ca' } };
const kinds: readonly [string, Options][] = [
  ['the store of the platform, in plain text', {}],
  ['the store of the platform, encrypted', { app: encrypted, broker: { users: SecretSource.generated() } }],
  ['AWS, with a key', { external: { region } }],
  ['AWS, with a role', { external: { region, roles: { redpanda: role } } }],
  ['a store of others', { external: { region, endpoint: 'https://s3.example.org:8443' } }],
];

describe('Tiered storage of a Redpanda', () => {
  it.each(kinds)('keeps every invariant, and Redpanda objects to nothing: %s', (_, options) => {
    const { app, objects } = render(options);
    const certificates = ServerCertificate.all(app).map((each) => givenSecret(each.namespace, each.secretName));
    const keys = options.external === undefined ? [] : [givenSecret('streaming', 'redpanda-objects-s3')];
    const authorities = ['streaming', 'storage'].map((namespace) => givenSecret(namespace, 'platform-ca'));
    expect(violationsOf(app, { given: [...certificates, ...keys, ...authorities] })).toEqual([]);
    const properties = jobOf(objects)?.properties ?? {};
    expect(properties.cloud_storage_enabled).toBe(true);
    expect(bootstrapOf(objects)).toEqual(properties);
    expect(clusterPropertyObjections(properties)).toEqual([]);
  });

  it('is reached with a key where the store has one for it, by path and in plain text, as the store is', () => {
    expect(propertiesOf({})).toMatchObject({
      cloud_storage_bucket: 'topics',
      cloud_storage_region: 'us-east-1',
      cloud_storage_url_style: 'path',
      cloud_storage_credentials_source: 'config_file',
      cloud_storage_api_endpoint: 'objects.storage.svc.cluster.local',
      cloud_storage_api_endpoint_port: 7070,
      cloud_storage_disable_tls: true,
    });
  });

  it('trusts the authority of a store that encrypts, which is mounted', () => {
    const { objects } = render({ app: encrypted });
    const properties = jobOf(objects)?.properties ?? {};
    expect(properties).toMatchObject({ cloud_storage_disable_tls: false, cloud_storage_api_endpoint_port: 7070 });
    const { volumeMounts } = containerOf(objects, 'StatefulSet', 'redpanda') as {
      readonly volumeMounts?: readonly { readonly mountPath: string }[];
    };
    const folder = String(properties.cloud_storage_trust_file).replace(/\/[^/]+$/, '');
    expect(volumeMounts?.map(({ mountPath }) => mountPath)).toContain(folder);
  });

  it('is told nothing of where AWS is, and trusts what the image does', () => {
    const names = Object.keys(propertiesOf({ external: { region } }));
    expect(names.filter((name) => /endpoint|tls|trust/.test(name))).toEqual([]);
    const others = propertiesOf({ external: { region, endpoint: 'https://s3.example.org' } });
    expect(others).toMatchObject({ cloud_storage_api_endpoint: 's3.example.org', cloud_storage_disable_tls: false });
    expect(others).toMatchObject({ cloud_storage_api_endpoint_port: 443 });
    expect(others).not.toHaveProperty('cloud_storage_trust_file');
    const plain = propertiesOf({ external: { region, endpoint: 'http://s3.example.org' } });
    expect(plain).toMatchObject({ cloud_storage_api_endpoint_port: 80, cloud_storage_disable_tls: true });
  });

  it('has no key where brokers have a role', () => {
    const { objects } = render({ external: { region, roles: { redpanda: role } } });
    expect(jobOf(objects)?.properties).toMatchObject({
      cloud_storage_credentials_source: 'sts',
      cloud_storage_url_style: 'virtual_host',
    });
    expect(jobOf(objects)?.tieredStorage).not.toHaveProperty('accessKeyDirectory');
    expect(initOf(objects)).not.toHaveProperty('env');
    expect(initOf(objects).args?.join()).not.toContain('property cloud_storage');
    expect(objectOf(objects, 'ServiceAccount', 'redpanda').metadata).toMatchObject({
      annotations: { 'eks.amazonaws.com/role-arn': role },
    });
  });

  it('is not reached by a port that Redpanda has no number for, nor by another name or with a certificate', () => {
    const at = (endpoint: string, tls = {}) => propertiesOf({ external: { region, endpoint, tls } });
    expect(at('https://s3.example.org:32767')).toMatchObject({ cloud_storage_api_endpoint_port: 32767 });
    expect(() => at('https://s3.example.org:32768')).toThrow(
      'redpanda.tieredStorage.bucket.port is 32768, which is not a port that Redpanda takes: up to 32767',
    );
    expect(() => at('https://s3.example.org', { serverName: 'objects' })).toThrow(
      'is "objects", which is not the name',
    );
    expect(() => at('https://s3.example.org', { clientCertificate: 'shown' })).toThrow('absent: brokers show none');
  });

  it('keeps six hours on volumes, or as long as is said', () => {
    expect(propertiesOf({})).toMatchObject({ retention_local_target_ms_default: 21_600_000 });
    const kept = (localRetention: Duration) => propertiesOf({ tieredStorage: { localRetention } });
    expect(kept(Duration.hours(1))).toMatchObject({ retention_local_target_ms_default: 3_600_000 });
    expect(() => kept(Duration.seconds(59))).toThrow('localRetention is "59 seconds", which is not a minute or more');
  });

  it('is for most from the next start of brokers on, of which the Job says how they are started', () => {
    const { objects } = render();
    const properties = jobOf(objects)?.properties ?? {};
    const after = Object.keys(properties).filter((name) => name.startsWith('cloud_storage_'));
    expect(heededAfterRestart(properties)).toEqual(after);
    expect(jobOf(objects)?.tieredStorage).toEqual({
      accessKeyDirectory: '/run/tiered-storage',
      restart: 'kubectl -n streaming rollout restart statefulset/redpanda',
    });
  });

  it('has its key of a Secret, in the container that writes the first properties and in the Job, and nowhere as text', () => {
    const { objects } = render();
    const secret = 'redpanda-objects-s3';
    expect(initOf(objects).env).toEqual([
      { name: 'CLOUD_STORAGE_ACCESS_KEY', ...secretOf(secret, 'accessKeyId') },
      { name: 'CLOUD_STORAGE_SECRET_KEY', ...secretOf(secret, 'secretAccessKey') },
    ]);
    const env = containerOf(objects, 'StatefulSet', 'redpanda').env ?? [];
    expect(env.map(({ name }) => name)).toEqual(['POD_NAME']);
    const { volumes } = podTemplateOf(objects, 'Job', 'redpanda-topics').spec as {
      readonly volumes?: readonly object[];
    };
    expect(volumes).toContainEqual({
      name: 'tiered-storage',
      secret: expect.objectContaining({ secretName: secret }) as unknown,
    });
    for (const properties of [bootstrapOf(objects), jobOf(objects)?.properties ?? {}])
      expect(Object.keys(properties).filter((name) => /key/.test(name))).toEqual([]);
    expect(objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
  });

  it('has a licence of a Secret that is there, which brokers read when they start', () => {
    const { objects } = render({ tieredStorage: { license: SecretSource.existing() } });
    expect(containerOf(objects, 'StatefulSet', 'redpanda').env).toContainEqual({
      name: 'REDPANDA_LICENSE',
      ...secretOf('redpanda-license', 'license'),
    });
    expect(() => render({ tieredStorage: { license: SecretSource.generated() } })).toThrow(
      'tieredStorage.license is "generated", which is not of a Secret that is there',
    );
  });

  it('lets brokers reach the store, and the store take them', () => {
    const { objects } = render();
    const to = objectOf(objects, 'NetworkPolicy', 'redpanda').spec.egress;
    expect(JSON.stringify(to)).toMatch(/"port":7070.*"app.kubernetes.io\/name":"objects"|"objects".*"port":7070/);
    const from = objectOf(objects, 'NetworkPolicy', 'objects').spec.ingress;
    expect(JSON.stringify(from)).toContain('"app.kubernetes.io/name":"redpanda"');
    const { buckets } = JSON.parse(fileOf(objects, 'objects-buckets-job', 'job.json')) as {
      readonly buckets: readonly object[];
    };
    const grants = [{ identity: 'redpanda', actions: ['read', 'list', 'write', 'delete'] }];
    expect(buckets).toEqual([expect.objectContaining({ name: 'topics', grants })]);
  });

  it('would be found not to be reached: by brokers, and not by the Job, which tells them only', () => {
    const closed = render().objects.map((object) =>
      object.kind === 'NetworkPolicy' && object.metadata.name === 'redpanda'
        ? { ...object, spec: { ...(object.spec as object), egress: [] } }
        : object,
    );
    const found = checkAll(closed)
      .filter(({ invariant, message }) => invariant === 'connections-allowed' && message.includes('objects.storage'))
      .map(({ object, message }) => `${object} ${message}`);
    expect(found.map((each) => each.replace(/.* at /, ''))).toEqual([
      'data..bootstrap.yaml:cloud_storage_api_endpoint',
      'data.job.json:redpanda.properties.cloud_storage_api_endpoint',
    ]);
    expect(found.filter((each) => !each.startsWith('StatefulSet streaming/redpanda may not go out'))).toEqual([]);
  });

  it('tells of uploads that fail', () => {
    const { broker } = render();
    const without = new RedpandaBroker(testApp().chart('streaming'), 'redpanda', { brokers: 3 });
    const names = without.alerts.map(({ name }) => name);
    expect(broker.alerts.map(({ name }) => name).filter((name) => !names.includes(name))).toEqual([
      'RedpandaUploadsFailing',
    ]);
  });

  it('is nowhere in what is rendered of a broker without it', () => {
    const app = testApp();
    new RedpandaBroker(app.chart('streaming'), 'redpanda', { brokers: 3 }).topic('orders', { partitions: 3 });
    expect(asYaml(renderApp(app))).not.toMatch(/cloud_storage|CLOUD_STORAGE|tiered|retention_local|LICENSE/i);
  });
});

describe('What copies the first properties', () => {
  const key = `'it''s' "quoted" \\n \\\\ $HOME \`id\` $(id) %s: #{}&*!|> é`;
  const names = { cloud_storage_access_key: 'KEY', cloud_storage_secret_key: 'SECRET' };

  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tiered-storage-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Runs the script by a shell. @returns the file that it wrote, and who may do what with it */
  async function copied(env: Readonly<Record<string, string>>, times = 1) {
    const [from, to] = [join(folder, 'from'), join(folder, 'to')];
    await Promise.all([from, to].map((each) => mkdir(each)));
    await writeFile(join(from, '.bootstrap.yaml'), 'cloud_storage_enabled: true\n');
    const script = copyScript({ from, to, files: ['.bootstrap.yaml'] }, names);
    const { PATH = '' } = process.env;
    for (let time = 0; time < times; time += 1)
      await promisify(execFile)('sh', ['-c', script], { env: { PATH, ...env } });
    const file = join(to, '.bootstrap.yaml');
    return { text: await readFile(file, 'utf8'), mode: (await stat(file)).mode & 0o777 };
  }

  it('adds a key so that YAML reads exactly that, whatever is in it, and nobody else reads the file', async () => {
    const { text, mode } = await copied({ KEY: key, SECRET: `${key}'` });
    expect(parse(text)).toEqual({
      cloud_storage_enabled: true,
      cloud_storage_access_key: key,
      cloud_storage_secret_key: `${key}'`,
    });
    expect(mode).toBe(0o600);
  });

  it('reads digits, nothing and words of YAML as texts, without the line break at their end', async () => {
    const { text } = await copied({ KEY: '0123', SECRET: 'null\n' });
    expect(parse(text)).toMatchObject({ cloud_storage_access_key: '0123', cloud_storage_secret_key: 'null' });
  });

  it('adds it once, however often a pod is started in the same folder', async () => {
    const { text } = await copied({ KEY: 'key', SECRET: 'secret' }, 3);
    expect(text.match(/cloud_storage_access_key/g)).toHaveLength(1);
  });

  it('ends with an error without a key', async () => {
    await expect(copied({ KEY: 'key' })).rejects.toThrow(/SECRET/);
  });
});
