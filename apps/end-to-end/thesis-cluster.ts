import { S3Client } from '@aws-sdk/client-s3';
import { workers as workerNames } from '@plumbline/contracts';
import {
  dataDirectory,
  forKafka,
  freePorts,
  startCollector,
  startKafka,
  startS3,
  startTempo,
  substituteAddresses,
  type KafkaPeer,
  type Peer,
  type S3Peer,
  type TempoPeer,
} from '@plumbline/tools/peers';
import type { KafkaStream } from '@plumbline/worker';
import { join } from 'node:path';
import { openStream } from './backbone';
import { generatedSecrets, writeSecrets } from './mounted';
import { runJob, type Environment } from './plumbline';
import { Rendered, renderedChart, type Secrets } from './rendered';
import { portNames, thesisAddresses, type PortName } from './thesis-addresses';
import { WorkerProcess, stopAll } from './workers';

/** What `dist/thesis` renders, on this machine: all of it but Grafana, and Prometheus unless its port is given. */
export interface ThesisCluster {
  readonly kafka: KafkaPeer;
  readonly s3: S3Peer;
  /** On loopback. */
  readonly ports: Readonly<Record<PortName, number>>;
  readonly tempo: TempoPeer;
  readonly workers: readonly WorkerProcess[];
  /** `host:port` of the ingestor, OTLP over gRPC. */
  readonly ingestor: string;
  readonly stream: KafkaStream;
  /** Of the store's root account; for looking at what workers did. */
  readonly objects: S3Client;
  stop(): Promise<void>;
}

/**
 * Starts what stands for the cluster, runs the rendered jobs, then everything else from its rendered configuration.
 *
 * @param discordUrl value of the optional Secret of channels
 * @param settings of the workers, besides what is rendered
 * @param prometheusPort of a Prometheus on loopback that takes what Tempo writes; by default nothing listens there
 */
export async function startThesisCluster(
  discordUrl: string,
  settings: Environment,
  prometheusPort?: number,
): Promise<ThesisCluster> {
  const [kafka, s3] = await Promise.all([startKafka({ heapMegabytes: 384 }), startS3()]);
  const directory = await dataDirectory('thesis');
  const folder = (name: string) => join(directory, name);
  const free = await freePorts(portNames.length);
  const drawn = Object.fromEntries(portNames.map((name, index) => [name, free[index] ?? 0])) as Record<
    PortName,
    number
  >;
  const ports = { ...drawn, ...(prometheusPort !== undefined && { prometheus: prometheusPort }) };
  const table = thesisAddresses({
    kafka: kafka.brokers[0] ?? '',
    s3: new URL(s3.endpoint).host,
    s3Admin: new URL(s3.adminEndpoint).host,
    identities: folder('identities'),
    queue: folder('queue'),
    tempoData: folder('tempo'),
    ports,
  });
  const chart = (name: string, addresses: Readonly<Record<string, string>>) =>
    new Rendered(substituteAddresses(renderedChart('thesis', name), addresses));
  const secrets: Secrets = {
    ...generatedSecrets(new Rendered(renderedChart('thesis', 'credentials'))),
    'objects-root': s3.credentials,
    'notification-channels': { discordWebhookUrl: discordUrl },
  };

  const streaming = chart('streaming', table.topics);
  await runJob(
    'topics',
    forKafka(streaming.file('redpanda-topics-job', 'job.json')),
    streaming.environment('redpanda-topics'),
  );
  await writeSecrets(folder('identities'), '-objects-s3', secrets);
  const storage = chart('storage', table.storage);
  const storageJob = storage.file('objects-buckets-job', 'job.json');
  await runJob('storage', storageJob, storage.environment('objects-buckets', secrets));

  const tracing = chart('tracing', {});
  const collection = chart('collection', {});
  const collector = (name: 'ingestor' | 'aggregator') =>
    startCollector(substituteAddresses(collection.file(`otel-${name}-config`, 'config.yaml'), table[name]), {
      args: collection.args(`otel-${name}`),
      env: collection.environment(`otel-${name}`),
    });
  const anomaly = chart('anomaly', table.workers);
  const [tempo, aggregator, workers] = await Promise.all([
    startTempo(substituteAddresses(tracing.file('tempo-config', 'tempo.yaml'), table.tempo), {
      env: tracing.environment('tempo', secrets),
    }),
    collector('aggregator'),
    startWorkers(anomaly, secrets, settings),
  ]);
  const ingestor = await collector('ingestor');
  const stream = openStream(kafka);
  const objects = new S3Client({ ...s3, forcePathStyle: true });
  return {
    kafka,
    s3,
    ports,
    tempo,
    workers,
    ingestor: `127.0.0.1:${ports.ingestorGrpc}`,
    stream,
    objects,
    stop: async () => {
      objects.destroy();
      await stream.close();
      await stopAll(workers);
      await Promise.all([ingestor, aggregator, tempo].map((peer: Peer) => peer.stop()));
      await Promise.all([kafka.stop(), s3.stop()]);
    },
  };
}

function startWorkers(anomaly: Rendered, secrets: Secrets, settings: Environment): Promise<WorkerProcess[]> {
  return Promise.all(
    workerNames.map((name) =>
      WorkerProcess.start(name, { ...anomaly.environment(name, secrets), LOG_LEVEL: 'warn', ...settings }),
    ),
  );
}
