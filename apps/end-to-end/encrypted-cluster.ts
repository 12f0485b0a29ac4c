import type { TopicsJob } from '@plumbline/contracts';
import {
  answersOverTls,
  CertificateAuthority,
  dataDirectory,
  forKafka,
  freePorts,
  PeerProcess,
  startCollector,
  startKafka,
  startTempo,
  substituteAddresses,
  type Certificate,
  type KafkaPeer,
  type TempoPeer,
} from '@plumbline/tools/peers';
import { Yaml } from 'cdk8s';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServerCertificate } from '../../constructs';
import { containerOf, renderApp } from '../../constructs/testing';
import { encrypted } from '../../environments/encrypted.testing';
import { platform } from '../../main';
import { program } from '../../tools/peers/installed';
import { generatedSecrets, writeSecrets } from './mounted';
import { runJob } from './plumbline';
import { Rendered, type Secrets } from './rendered';
import { WorkerProcess } from './workers';

const app = platform(encrypted);
const objects = renderApp(app);
export const rendered = new Rendered(Yaml.stringify(...objects));

const caFile = '/etc/plumbline/tls/platform-ca-ca-crt/ca.crt';
const serverFolder = '/etc/plumbline/tls/server';

/** What speaks to what over TLS, each with a certificate for the names that the platform asks for. */
export interface EncryptedCluster {
  readonly kafka: KafkaPeer;
  readonly tempo: TempoPeer;
  readonly preprocessing: WorkerProcess;
  /** `host:port` of the ingestor, OTLP over gRPC with TLS. */
  readonly ingestor: string;
  /** The same, over HTTP. */
  readonly ingestorHttp: string;
  /** PEM of what to trust, and its file. */
  readonly authority: string;
  readonly authorityFile: string;
  /** Name and password of a workload at the broker. */
  userOf(workload: string): { readonly username: string; readonly password: string };
  /** The text of a rendered file, its paths those of this machine. */
  file(configMap: string, key: string, table: Readonly<Record<string, string>>): string;
  /** Folder with `tls.crt` and `tls.key` of a server. */
  certificateFolder(secretName: string): string;
  stop(): Promise<void>;
}

/** Starts it: jobs first, as a cluster would, from what is rendered. */
export async function startEncryptedCluster(): Promise<EncryptedCluster> {
  const directory = await dataDirectory('encrypted');
  const folder = (name: string) => join(directory, name);
  await Promise.all(['ca', 'objects', 'versions', 'iam'].map((name) => mkdir(folder(name))));
  const authority = await CertificateAuthority.create(folder('ca'));
  await issueAll(authority, directory);
  const secrets = generatedSecrets(rendered);
  const topicsFile = rendered.file('redpanda-topics-job', 'job.json');
  const users = (JSON.parse(topicsFile) as TopicsJob).redpanda?.users.map(({ name }) => name) ?? [];
  const userOf = (workload: string) => {
    const { username = '', password = '' } = secrets[`${workload}-redpanda-kafka`] ?? {};
    return { username, password };
  };
  const kafka = await startKafka({
    mode: 'secure',
    heapMegabytes: 384,
    users: Object.fromEntries([...users, 'admin'].map((name) => [name, userOf(name).password])),
  });
  // Its own authority vouches for the broker that stands for Redpanda.
  const authorityFile = folder('ca.crt');
  await writeFile(
    authorityFile,
    `${await readFile(authority.certificateFile, 'utf8')}${kafka.certificateAuthority ?? ''}`,
  );
  const trusted = await readFile(authorityFile, 'utf8');

  const [s3 = 0, s3Admin = 0, ...ports] = await freePorts(13);
  const at = (index: number) => `127.0.0.1:${ports[index] ?? 0}`;
  const env = (name: string, table: Readonly<Record<string, string>>) =>
    rendered.environment(name, secrets, { [caFile]: authorityFile, ...table });
  const brokers = { 'redpanda.redpanda.svc.cluster.local:9092': kafka.brokers[0] ?? '' };
  const store = { 'objects.plumbline.svc.cluster.local:7070': `127.0.0.1:${s3}` };
  const file = (configMap: string, key: string, table: Readonly<Record<string, string>>) =>
    substituteAddresses(rendered.file(configMap, key), table);

  await runJob('topics', forKafka(topicsFile), env('redpanda-topics', brokers));
  const objectStore = await startStore(directory, { s3, s3Admin }, trusted, secrets);
  await writeSecrets(folder('identities'), '-objects-s3', secrets);
  const storageJob = file('objects-buckets-job', 'job.json', {
    'objects.plumbline.svc.cluster.local:7071': `127.0.0.1:${s3Admin}`,
    '"/run/identities': `"${folder('identities')}`,
  });
  await runJob('storage', storageJob, env('objects-buckets', store));

  const tls = (secret: string) => ({ [serverFolder]: folder(secret), [caFile]: authorityFile });
  const [tempo, aggregator, preprocessing] = await Promise.all([
    startTempo(
      file('tempo-config', 'tempo.yaml', {
        'http_listen_port: 3200': `http_listen_port: ${ports[0] ?? 0}\n  grpc_listen_port: ${ports[1] ?? 0}`,
        '0.0.0.0:4317': at(2),
        '0.0.0.0:4318': at(3),
        '/var/tempo': folder('tempo'),
        'prometheus.plumbline.svc.cluster.local:9090': at(4),
        ...store,
        ...tls('tempo-tls'),
      }),
      { env: env('tempo', {}), authority: trusted },
    ),
    startCollector(
      file('otel-aggregator-config', 'config.yaml', {
        '0.0.0.0:4317': at(5),
        '0.0.0.0:13133': at(6),
        'host: 0.0.0.0': 'host: 127.0.0.1',
        'port: 8888': `port: ${ports[7] ?? 0}`,
        '/var/lib/otelcol/queue': folder('queue'),
        'tempo.tempo.svc.cluster.local:4317': at(2),
        'prometheus.plumbline.svc.cluster.local:9090': at(4),
        ...brokers,
        ...tls('otel-aggregator-tls'),
      }),
      { args: rendered.args('otel-aggregator'), env: env('otel-aggregator', {}) },
    ),
    WorkerProcess.start('preprocessing', { ...env('preprocessing', brokers), LOG_LEVEL: 'warn' }),
  ]);
  const ingestor = await startCollector(
    file('otel-ingestor-config', 'config.yaml', {
      '0.0.0.0:4317': at(8),
      '0.0.0.0:4318': at(9),
      '0.0.0.0:13133': at(10),
      'host: 0.0.0.0': 'host: 127.0.0.1',
      'port: 8888': 'port: 0',
      // Found by address, verified by the name of the Service, which is left as it is.
      'hostname: otel-aggregator-headless.plumbline.svc.cluster.local': 'hostname: 127.0.0.1',
      'port: "4317"': `port: "${ports[5] ?? 0}"`,
      ...tls('otel-ingestor-tls'),
    }),
    { args: rendered.args('otel-ingestor'), env: env('otel-ingestor', {}) },
  );
  return {
    kafka,
    tempo,
    preprocessing,
    ingestor: at(8),
    ingestorHttp: at(9),
    authority: trusted,
    authorityFile,
    userOf,
    file,
    certificateFolder: folder,
    stop: async () => {
      await Promise.all([preprocessing, ingestor, aggregator, tempo].map((peer) => peer.stop()));
      await Promise.all([kafka.stop(), objectStore.stop()]);
    },
  };
}

/** A certificate for each server, for the names that it must be for and, but for members found by address, for loopback. */
async function issueAll(authority: CertificateAuthority, directory: string): Promise<void> {
  for (const { secretName, dnsNames } of ServerCertificate.all(app)) {
    const names = dnsNames.map((name) => `DNS:${name}`);
    const isFoundByAddress = ['otel-aggregator-tls', 'prometheus-tls'].includes(secretName);
    const issued = await authority.issue(
      secretName,
      '/CN=server',
      isFoundByAddress ? names : [...names, 'IP:127.0.0.1'],
    );
    await mount(issued, join(directory, secretName));
  }
}

async function mount({ certificateFile, keyFile }: Certificate, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'tls.crt'), await readFile(certificateFile));
  await writeFile(join(folder, 'tls.key'), await readFile(keyFile), { mode: 0o600 });
}

function startStore(
  directory: string,
  ports: { readonly s3: number; readonly s3Admin: number },
  authority: string,
  secrets: Secrets,
): Promise<PeerProcess> {
  const { args = [] } = containerOf(objects, 'StatefulSet', 'objects');
  const here = (arg: string) =>
    arg
      .replace('port=:7070', `port=127.0.0.1:${ports.s3}`)
      .replace('port=:7071', `port=127.0.0.1:${ports.s3Admin}`)
      .replace(serverFolder, join(directory, 'objects-tls'))
      .replace('/var/lib/versitygw', directory);
  return PeerProcess.start({
    name: 'versitygw',
    command: program('versitygw'),
    args: args.map(here),
    env: rendered.environment('objects', secrets),
    directory,
    ready: answersOverTls(`https://127.0.0.1:${ports.s3}/health`, authority),
  });
}
