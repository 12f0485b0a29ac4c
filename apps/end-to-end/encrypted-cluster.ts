import { S3Client } from '@aws-sdk/client-s3';
import { workers as workerNames, type WorkerName } from '@plumbline/contracts';
import {
  answersOverTls,
  dataDirectory,
  freePorts,
  PeerProcess,
  startCollector,
  startTempo,
  type TempoPeer,
} from '@plumbline/tools/peers';
import { mkdir } from 'node:fs/promises';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { containerOf } from '../../constructs/testing';
import { program } from '../../tools/peers/installed';
import { caFile, objects, rendered, startEncryptedBroker, type EncryptedBroker } from './encrypted-broker';
import { writeSecrets } from './mounted';
import { runJob, type Environment } from './plumbline';
import type { Secrets } from './rendered';
import { stopAll, WorkerProcess } from './workers';

export { app } from './encrypted-broker';

const serverFolder = '/etc/plumbline/tls/server';

/** What speaks to what over TLS, each with a certificate for the names that the platform asks for and a user or key of its own. */
export interface EncryptedCluster extends EncryptedBroker {
  readonly tempo: TempoPeer;
  readonly store: PeerProcess;
  readonly storeUrl: string;
  readonly collectors: { readonly ingestor: PeerProcess; readonly aggregator: PeerProcess };
  readonly workers: ReadonlyMap<WorkerName, WorkerProcess>;
  /** `host:port` of the collectors, OTLP over gRPC, and of the ingestor over HTTP. */
  readonly ingestor: string;
  readonly ingestorHttp: string;
  readonly aggregator: string;
  /** A client of the store with the key of a workload, or as root. */
  storeClient(workload?: string): S3Client;
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
  await Promise.all(['objects', 'versions', 'iam'].map((name) => mkdir(folder(name))));
  const broker = await startEncryptedBroker(directory, {
    'notification-channels': { discordWebhookUrl: discordUrl },
  });
  const { kafka, certificates, secrets, seed, file } = broker;
  const { authorityFile } = certificates;

  const [s3 = 0, s3Admin = 0, ...ports] = await freePorts(13);
  const at = (index: number) => `127.0.0.1:${ports[index] ?? 0}`;
  const store = { 'objects.plumbline.svc.cluster.local:7070': `127.0.0.1:${s3}` };
  const env = (name: string) => broker.env(name, store);
  const [objectStore] = await Promise.all([
    startStore(directory, { s3, s3Admin }, () => broker.authority, secrets),
    broker.runTopicsJob(),
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
      { env: env('tempo'), authority: () => broker.authority },
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
    ...broker,
    tempo,
    store: objectStore,
    storeUrl,
    collectors: { ingestor, aggregator },
    workers: new Map(processes.map((worker) => [worker.name, worker])),
    ingestor: at(8),
    ingestorHttp: at(9),
    aggregator: at(5),
    get authority() {
      return broker.authority;
    },
    storeClient: (workload) => {
      const secret = secrets[workload === undefined ? 'objects-root' : `${workload}-objects-s3`] ?? {};
      const { accessKeyId = '', secretAccessKey = '' } = secret;
      return new S3Client({
        endpoint: storeUrl,
        region: 'us-east-1',
        forcePathStyle: true,
        credentials: { accessKeyId, secretAccessKey },
        requestHandler: { httpsAgent: new Agent({ ca: broker.authority }) },
      });
    },
    stop: async () => {
      await stopAll(processes);
      await Promise.all([ingestor, aggregator, tempo].map((peer) => peer.stop()));
      await Promise.all([kafka.stop(), objectStore.stop()]);
    },
  };
}

function startStore(
  directory: string,
  ports: { readonly s3: number; readonly s3Admin: number },
  authority: () => string,
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
