import { S3Client } from '@aws-sdk/client-s3';
import { workers as workerNames, type TopicsJob, type WorkerName } from '@plumbline/contracts';
import {
  answersOverTls,
  dataDirectory,
  forKafka,
  freePorts,
  PeerProcess,
  startCollector,
  startKafka,
  startTempo,
  substituteAddresses,
  type KafkaPeer,
  type TempoPeer,
} from '@plumbline/tools/peers';
import { Yaml } from 'cdk8s';
import { mkdir } from 'node:fs/promises';
import { Agent } from 'node:https';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { containerOf, renderApp } from '../../constructs/testing';
import { encrypted } from '../../environments/encrypted.testing';
import { platform } from '../../main';
import { program } from '../../tools/peers/installed';
import { Certificates, replaceFile } from './encrypted-certificates';
import { generatedSecrets, writeSecrets } from './mounted';
import { runJob, type Environment } from './plumbline';
import { Rendered, type Secrets } from './rendered';
import { stopAll, WorkerProcess } from './workers';

/** The platform as constructs, and as it is rendered. */
export const app = platform(encrypted);
const objects = renderApp(app);
const rendered = new Rendered(Yaml.stringify(...objects));

const caFile = '/etc/plumbline/tls/platform-ca-ca-crt/ca.crt';
const passwordFile = '/etc/plumbline/kafka-user/password';
const serverFolder = '/etc/plumbline/tls/server';
const brokerCount = 3;

/** What speaks to what over TLS, each with a certificate for the names that the platform asks for and a user or key of its own. */
export interface EncryptedCluster {
  readonly kafka: KafkaPeer;
  readonly tempo: TempoPeer;
  readonly store: PeerProcess;
  readonly storeUrl: string;
  readonly collectors: { readonly ingestor: PeerProcess; readonly aggregator: PeerProcess };
  readonly workers: ReadonlyMap<WorkerName, WorkerProcess>;
  /** `host:port` of the collectors, OTLP over gRPC, and of the ingestor over HTTP. */
  readonly ingestor: string;
  readonly ingestorHttp: string;
  readonly aggregator: string;
  readonly certificates: Certificates;
  /** PEM of whom to trust now. */
  readonly authority: string;
  /** Runs the rendered Job of topics and rights again. */
  runTopicsJob(): Promise<void>;
  /** Name and password of a workload at the broker. */
  userOf(workload: string): { readonly username: string; readonly password: string };
  /** Puts a password where a worker's pod finds it. */
  setPassword(workload: string, password: string): Promise<void>;
  /** A client of the store with the key of a workload, or as root. */
  storeClient(workload?: string): S3Client;
  /** The text of a rendered file, its paths those of this machine. */
  file(configMap: string, key: string, table: Readonly<Record<string, string>>): string;
  stop(): Promise<void>;
}

/**
 * Starts it: jobs first, as a cluster would, from what is rendered.
 *
 * @param settings of the workers, besides what is rendered
 * @param discordUrl value of the optional Secret of channels
 */
export async function startEncryptedCluster(settings: Environment, discordUrl: string): Promise<EncryptedCluster> {
  const directory = await dataDirectory('encrypted');
  const folder = (name: string) => join(directory, name);
  await Promise.all(['objects', 'versions', 'iam', 'users'].map((name) => mkdir(folder(name))));
  const certificates = await Certificates.create(app, directory);
  const { authorityFile } = certificates;
  const authority = () => readFileSync(authorityFile, 'utf8');
  const secrets: Secrets = {
    ...generatedSecrets(rendered),
    'notification-channels': { discordWebhookUrl: discordUrl },
  };
  const topicsFile = rendered.file('redpanda-topics-job', 'job.json');
  const users = (JSON.parse(topicsFile) as TopicsJob).redpanda?.users.map(({ name }) => name) ?? [];
  const userOf = (workload: string) => {
    const { username = '', password = '' } = secrets[`${workload}-redpanda-kafka`] ?? {};
    return { username, password };
  };
  const passwordOf = (workload: string) => folder(join('users', workload));
  const setPassword = (workload: string, password: string) => replaceFile(passwordOf(workload), password);
  for (const name of [...users, 'admin']) await setPassword(name, userOf(name).password);
  const kafka = await startKafka({
    mode: 'secure',
    brokers: brokerCount,
    authority: certificates.authority,
    heapMegabytes: 320,
    users: Object.fromEntries([...users, 'admin'].map((name) => [name, userOf(name).password])),
  });

  const [s3 = 0, s3Admin = 0, ...ports] = await freePorts(13);
  const at = (index: number) => `127.0.0.1:${ports[index] ?? 0}`;
  const brokers = { 'redpanda.redpanda.svc.cluster.local:9092': kafka.brokers.join(',') };
  const seed = { 'redpanda.redpanda.svc.cluster.local:9092': kafka.brokers[0] ?? '' };
  const store = { 'objects.plumbline.svc.cluster.local:7070': `127.0.0.1:${s3}` };
  /** As a pod of the workload has it; `user` is whose password its file is. */
  const env = (name: string, user = name) =>
    rendered.environment(name, secrets, {
      [caFile]: authorityFile,
      [passwordFile]: passwordOf(user),
      ...brokers,
      ...store,
    });
  const file = (configMap: string, key: string, table: Readonly<Record<string, string>>) =>
    substituteAddresses(rendered.file(configMap, key), table);

  const runTopicsJob = () =>
    runJob('topics', forKafka(replicated(topicsFile, brokerCount)), env('redpanda-topics', 'admin'));
  const [objectStore] = await Promise.all([
    startStore(directory, { s3, s3Admin }, authority(), secrets),
    runTopicsJob(),
    writeSecrets(folder('identities'), '-objects-s3', secrets),
  ]);
  const storageJob = file('objects-buckets-job', 'job.json', {
    'objects.plumbline.svc.cluster.local:7071': `127.0.0.1:${s3Admin}`,
    '"/run/identities': `"${folder('identities')}`,
  });
  await runJob('storage', storageJob, env('objects-buckets'));

  // Certificates are read again once a minute: here every second.
  const tls = (secret: string) => ({
    [serverFolder]: folder(secret),
    [caFile]: authorityFile,
    'reload_interval: 1m': 'reload_interval: 1s',
  });
  const clients = Object.fromEntries(
    workerNames.map((name): [WorkerName, Environment] => [name, { ...env(name), LOG_LEVEL: 'warn', ...settings }]),
  ) as Record<WorkerName, Environment>;
  const [tempo, aggregator, ...processes] = await Promise.all([
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
      { env: env('tempo'), authority: authority() },
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
        ...seed,
        ...tls('otel-aggregator-tls'),
      }),
      { args: rendered.args('otel-aggregator'), env: env('otel-aggregator') },
    ),
    ...workerNames.map((name) => WorkerProcess.start(name, clients[name])),
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
    { args: rendered.args('otel-ingestor'), env: env('otel-ingestor') },
  );
  const storeUrl = `https://127.0.0.1:${s3}`;
  return {
    kafka,
    tempo,
    store: objectStore,
    storeUrl,
    collectors: { ingestor, aggregator },
    workers: new Map(processes.map((worker) => [worker.name, worker])),
    ingestor: at(8),
    ingestorHttp: at(9),
    aggregator: at(5),
    certificates,
    get authority() {
      return authority();
    },
    runTopicsJob,
    userOf,
    setPassword,
    storeClient: (workload) => {
      const secret = secrets[workload === undefined ? 'objects-root' : `${workload}-objects-s3`] ?? {};
      const { accessKeyId = '', secretAccessKey = '' } = secret;
      return new S3Client({
        endpoint: storeUrl,
        region: 'us-east-1',
        forcePathStyle: true,
        credentials: { accessKeyId, secretAccessKey },
        requestHandler: { httpsAgent: new Agent({ ca: authority() }) },
      });
    },
    file,
    stop: async () => {
      await stopAll(processes);
      await Promise.all([ingestor, aggregator, tempo].map((peer) => peer.stop()));
      await Promise.all([kafka.stop(), objectStore.stop()]);
    },
  };
}

/** The broker of this environment is one. */
function replicated(jobFile: string, replicationFactor: number): string {
  const job = JSON.parse(jobFile) as TopicsJob;
  return JSON.stringify({ ...job, topics: job.topics.map((topic) => ({ ...topic, replicationFactor })) });
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
