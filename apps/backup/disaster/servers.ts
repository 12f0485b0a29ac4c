import { S3Client } from '@aws-sdk/client-s3';
import type { TopicsJob } from '@plumbline/contracts';
import {
  answersOverTls,
  CertificateAuthority,
  dataDirectory,
  forKafka,
  freePorts,
  PeerProcess,
  postgresVersion,
  startKafka,
  startPostgres,
  type KafkaPeer,
  type PostgresPeer,
} from '@plumbline/tools/peers';
import { Yaml } from 'cdk8s';
import { Kafka, logLevel } from 'kafkajs';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { SecretSource } from '../../../constructs';
import { containerOf, fileOf, renderApp } from '../../../constructs/testing';
import { productionOf } from '../../../environments/production';
import { platform } from '../../../main';
import { program } from '../../../tools/peers/installed';
import { Certificates } from '../../end-to-end/encrypted-certificates';
import { generatedSecrets } from '../../end-to-end/mounted';
import { Rendered, type Secrets } from '../../end-to-end/rendered';
import { runPod, type Node } from './pod';

const copiesHost = 'copies.example.org';

/**
 * The `production` environment with its objects in a store of the cluster: what a test has is no account of AWS. That store can neither
 * archive nor expire, so those settings are left out; CronJobs of backups are the same.
 */
function environment() {
  const {
    modelVersions: _,
    anomalyRetention: __,
    ...rest
  } = productionOf({
    storage: {},
    backup: {
      to: {
        endpoint: `https://${copiesHost}`,
        region: 'eu-west-1',
        bucket: 'copies',
        prefix: 'plumbline/production',
        tls: { ca: 'copies-ca' },
        credentials: SecretSource.existing({ name: 'copies' }),
      },
    },
  });
  return { ...rest, archive: {} };
}

export const app = platform(environment());
export const objects = renderApp(app);

/** Credentials of a store, as the AWS SDK takes them. */
export interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What `production` keeps things in, and where copies of them are: real servers, encrypted, with users and rights. */
export interface Servers {
  readonly node: Node;
  readonly kafka: KafkaPeer;
  readonly postgres: PostgresPeer;
  readonly store: { readonly url: string; readonly root: Key };
  readonly copies: { readonly url: string; readonly root: Key; readonly caFile: string };
  /** PEM of whom clients inside of the platform trust. */
  readonly authorityFile: string;
  /** As the administrator of each. */
  readonly asAdmin: {
    store(): S3Client;
    copies(): S3Client;
    kafka(): Kafka;
    /** Variables of libpq. */
    readonly postgres: Readonly<Record<string, string>>;
  };
  /** Every secret that there is, none of which may be printed. */
  readonly secretValues: readonly string[];
  stop(): Promise<void>;
}

/** Starts them empty; what Jobs make is made by {@link runJobs}. */
export async function startServers(): Promise<Servers> {
  const directory = await dataDirectory('disaster');
  const folder = (name: string) => join(directory, name);
  await Promise.all(['objects', 'versions', 'iam', 'copies-ca'].map((name) => mkdir(folder(name))));
  const certificates = await Certificates.create(app, directory);
  const { authorityFile } = certificates;
  const elsewhere = await CertificateAuthority.create(folder('copies-ca'));
  const copiesKey = { accessKeyId: randomBytes(10).toString('hex'), secretAccessKey: randomBytes(20).toString('hex') };
  const generated = generatedSecrets(new Rendered(Yaml.stringify(...objects)));
  const passwords = Object.fromEntries(
    Object.entries(generated)
      .filter(([name]) => name.endsWith('-redpanda-kafka'))
      .map(([, { username = '', password = '' }]) => [username, password]),
  );
  const [s3Port = 0, adminPort = 0, copiesPort = 0] = await freePorts(3);
  const [kafka, postgres, store, copies] = await Promise.all([
    startKafka({ mode: 'secure', brokers: 3, authority: certificates.authority, heapMegabytes: 320, users: passwords }),
    startRenderedPostgres(certificates),
    startStore(directory, { s3Port, adminPort }, certificates, generated),
    startCopies(elsewhere, copiesPort, copiesKey),
  ]);
  const pem = (file: string) => ({ 'ca.crt': readFileSync(file, 'utf8') });
  const secrets: Secrets = {
    ...generated,
    // Its password is of a server that was there before.
    'postgres-admin': { ...generated['postgres-admin'], password: postgres.password },
    copies: copiesKey,
    'platform-ca': pem(authorityFile),
    'copies-ca': pem(elsewhere.certificateFile),
  };
  const url = (port: number) => `https://127.0.0.1:${port}`;
  const root = keyOf(secrets['objects-root']);
  const client = (endpoint: string, credentials: Key, caFile: string, region = 'us-east-1') =>
    new S3Client({
      ...{ endpoint, credentials, region, forcePathStyle: true },
      requestHandler: { httpsAgent: new Agent({ ca: readFileSync(caFile, 'utf8') }) },
    });
  return {
    kafka,
    postgres,
    authorityFile,
    store: { url: url(s3Port), root },
    copies: { url: url(copiesPort), root: copiesKey, caFile: elsewhere.certificateFile },
    node: {
      objects,
      secrets,
      addresses: {
        'redpanda.streaming.svc.cluster.local:9092': kafka.brokers.join(','),
        'objects.platform.svc.cluster.local:7070': `127.0.0.1:${s3Port}`,
        'objects.platform.svc.cluster.local:7071': `127.0.0.1:${adminPort}`,
        [`${copiesHost}:443`]: `127.0.0.1:${copiesPort}`,
        'postgres.monitoring.svc.cluster.local': postgres.host,
        '5432': String(postgres.port),
      },
      adapt: withoutRedpanda,
    },
    asAdmin: {
      store: () => client(url(s3Port), root, authorityFile),
      copies: () => client(url(copiesPort), copiesKey, elsewhere.certificateFile, 'eu-west-1'),
      kafka: () => new Kafka({ ...kafka.clientConfig(), logLevel: logLevel.NOTHING }),
      postgres: {
        ...{ PGHOST: postgres.host, PGPORT: String(postgres.port), PGUSER: 'postgres', PGPASSWORD: postgres.password },
        ...{ PGSSLMODE: 'verify-full', PGSSLROOTCERT: authorityFile },
      },
    },
    secretValues: Object.entries(secrets).flatMap(([name, values]) =>
      name.endsWith('-ca')
        ? []
        : Object.entries(values).flatMap(([key, value]) => (/^(user|username|accessKeyId)$/.test(key) ? [] : [value])),
    ),
    stop: async () => {
      await Promise.all([kafka, postgres, store, copies].map((server) => server.stop()));
    },
  };
}

/** Runs the rendered Jobs that make buckets, topics, databases, and who may do what with them. @throws {Error} with what one printed */
export async function runJobs({ node }: Servers): Promise<void> {
  for (const name of ['objects-buckets', 'redpanda-topics', 'postgres-databases']) {
    const { code, stdout, stderr } = await runPod(node, 'Job', name);
    if (code !== 0) throw new Error(`${name} ended with ${code}: ${stdout}${stderr}`);
  }
}

function keyOf(secret: Readonly<Record<string, string>> = {}): Key {
  return { accessKeyId: secret.accessKeyId ?? '', secretAccessKey: secret.secretAccessKey ?? '' };
}

/** Kafka has no admin API of Redpanda's. */
function withoutRedpanda(text: string): string {
  return (JSON.parse(text) as Partial<TopicsJob>).redpanda === undefined ? text : forKafka(text);
}

async function startRenderedPostgres(certificates: Certificates): Promise<PostgresPeer> {
  const folder = await dataDirectory('postgres-files');
  const { certificateFile, keyFile } = {
    certificateFile: join(certificates.folder('postgres-tls'), 'tls.crt'),
    keyFile: join(certificates.folder('postgres-tls'), 'tls.key'),
  };
  for (const name of ['postgresql.conf', 'pg_hba.conf']) {
    const text = fileOf(objects, 'postgres-config', name)
      .replaceAll('/etc/postgresql', folder)
      .replaceAll('/etc/plumbline/tls/server/tls.crt', certificateFile)
      .replaceAll('/etc/plumbline/tls/server/tls.key', keyFile);
    await writeFile(join(folder, name), text);
  }
  const setUp = '--locale-provider=builtin --builtin-locale=C.UTF-8'.split(' ');
  return startPostgres({
    setUp: (await postgresVersion()) < 17 ? [] : setUp,
    args: [`--config_file=${join(folder, 'postgresql.conf')}`],
  });
}

function startStore(
  directory: string,
  { s3Port, adminPort }: { readonly s3Port: number; readonly adminPort: number },
  certificates: Certificates,
  secrets: Secrets,
): Promise<PeerProcess> {
  const { args = [] } = containerOf(objects, 'StatefulSet', 'objects');
  const here = (arg: string) =>
    arg
      .replace('port=:7070', `port=127.0.0.1:${s3Port}`)
      .replace('port=:7071', `port=127.0.0.1:${adminPort}`)
      .replace('/etc/plumbline/tls/server', certificates.folder('objects-tls'))
      .replace('/var/lib/versitygw', directory);
  const { accessKeyId, secretAccessKey } = keyOf(secrets['objects-root']);
  return startVersitygw(
    args.map(here),
    directory,
    s3Port,
    { accessKeyId, secretAccessKey },
    certificates.authorityFile,
  );
}

/** An S3 in another place, whose certificate is by somebody else. */
async function startCopies(authority: CertificateAuthority, port: number, key: Key): Promise<PeerProcess> {
  const directory = await dataDirectory('copies');
  await mkdir(join(directory, 'objects'));
  const { certificateFile, keyFile } = await authority.issue('copies', '/CN=copies', ['IP:127.0.0.1']);
  const args = [
    ...['--quiet', '--region=eu-west-1', `--port=127.0.0.1:${port}`, '--health=/health'],
    ...[`--cert=${certificateFile}`, `--key=${keyFile}`, 'posix', join(directory, 'objects')],
  ];
  return startVersitygw(args, directory, port, key, authority.certificateFile);
}

function startVersitygw(
  args: readonly string[],
  directory: string,
  port: number,
  { accessKeyId, secretAccessKey }: Key,
  caFile: string,
): Promise<PeerProcess> {
  return PeerProcess.start({
    name: 'versitygw',
    command: program('versitygw'),
    args,
    env: { ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey },
    directory,
    ready: answersOverTls(`https://127.0.0.1:${port}/health`, readFileSync(caFile, 'utf8')),
  });
}
