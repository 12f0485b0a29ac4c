import { workers as workerNames } from '@plumbline/contracts';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { generatedSecrets, writeSecrets } from '../../apps/end-to-end/mounted';
import { runJob } from '../../apps/end-to-end/plumbline';
import { Rendered, renderedChart, type Secrets } from '../../apps/end-to-end/rendered';
import { stopAll, WorkerProcess } from '../../apps/end-to-end/workers';
import {
  dataDirectory,
  forKafka,
  freePorts,
  startCollector,
  startKafka,
  startLoki,
  startPrometheus,
  startS3,
  startTempo,
  type KafkaPeer,
  type LokiPeer,
  type Peer,
  type PrometheusPeer,
  type S3Peer,
  type TempoPeer,
} from '../../tools/peers';
import { onThisMachine, type Places } from './places';

/** What an environment renders, running on this machine: one of each, from its rendered configuration. */
export interface LiveEnvironment {
  /** OTLP over HTTP. */
  readonly otlp: string;
  readonly kafka: KafkaPeer;
  readonly objects: S3Peer;
  readonly tempo: TempoPeer;
  readonly loki: LokiPeer;
  readonly prometheus: PrometheusPeer;
  readonly workers: readonly WorkerProcess[];
  /** `/metrics` of both tiers of collectors. */
  readonly collectorMetrics: readonly string[];
  stop(): Promise<void>;
}

const loopback = (port: number | undefined) => `127.0.0.1:${port ?? 0}`;

/**
 * Starts all of `dist/<environment>` that there are binaries of: Kafka in place of Redpanda, versitygw, both collectors, Tempo, Loki,
 * Prometheus (which reads nobody) and the workers. Grafana, its database, Alertmanager and agents of nodes are left out.
 */
export async function startLive(environment: string): Promise<LiveEnvironment> {
  const chart = (name: string) => new Rendered(renderedChart(environment, name));
  const directory = await dataDirectory('live');
  const [kafka, s3, ports] = await Promise.all([startKafka({ heapMegabytes: 512 }), startS3(), freePorts(18)]);
  const port = (index: number) => ports[index] ?? 0;
  const prometheus = await prometheusOf(chart('metrics'));
  const services: Places = {
    'redpanda:9092': kafka.brokers[0] ?? '',
    'objects:7070': new URL(s3.endpoint).host,
    'objects:7071': new URL(s3.adminEndpoint).host,
    'prometheus:9090': new URL(prometheus.url).host,
    'tempo:4317': loopback(port(0)),
    'loki:3100': loopback(port(1)),
    // Nobody is told: there are no rules here that could fire.
    'alertmanager-headless': 'localhost',
    'otel-aggregator-headless': '127.0.0.1',
    'otel-aggregator-headless:4317': loopback(port(2)),
    'otel-ingestor:4318': loopback(port(3)),
  };
  const secrets: Secrets = { ...generatedSecrets(chart('credentials')), 'objects-root': s3.credentials };

  const streaming = chart('streaming');
  // Kafka has no admin API of Redpanda's.
  const topics = onThisMachine(forKafka(streaming.file('redpanda-topics-job', 'job.json')), services);
  await runJob('topics', topics, placed(streaming.environment('redpanda-topics'), services));
  await writeSecrets(join(directory, 'identities'), '-objects-s3', secrets);
  const storage = chart('storage');
  const identities = { '"/run/identities': `"${join(directory, 'identities')}` };
  const buckets = onThisMachine(storage.file('objects-buckets-job', 'job.json'), services, identities);
  await runJob('storage', buckets, placed(storage.environment('objects-buckets', secrets), services));

  const [tracing, logs, collection, anomaly] = [chart('tracing'), chart('logs'), chart('collection'), chart('anomaly')];
  const collector = (name: string, own: Places, metricsPort: number) =>
    startCollector(
      onThisMachine(collection.file(`${name}-config`, 'config.yaml'), services, {
        ...own,
        'host: 0.0.0.0': 'host: 127.0.0.1',
        'port: 8888': `port: ${metricsPort}`,
      }),
      { args: collection.args(name), env: collection.environment(name) },
    );
  const [tempo, loki, aggregator] = await Promise.all([
    startTempo(
      onThisMachine(tracing.file('tempo-config', 'tempo.yaml'), services, {
        'http_listen_port: 3200': `http_listen_port: ${port(4)}\n  grpc_listen_port: ${port(5)}`,
        '0.0.0.0:4317': loopback(port(0)),
        '0.0.0.0:4318': loopback(port(6)),
        '/var/tempo': join(directory, 'tempo'),
      }),
      { env: tracing.environment('tempo', secrets) },
    ),
    startLoki(
      onThisMachine(logs.file('loki-config', 'loki.yaml'), services, {
        'http_listen_port: 3100': `http_listen_port: ${port(1)}`,
        'grpc_listen_port: 9095': `grpc_listen_port: ${port(7)}`,
        '/var/loki': join(directory, 'loki'),
      }),
      { env: logs.environment('loki', secrets) },
    ),
    collector(
      'otel-aggregator',
      {
        '0.0.0.0:4317': loopback(port(2)),
        '0.0.0.0:13133': loopback(port(8)),
        '/var/lib/otelcol/queue': join(directory, 'queue'),
      },
      port(9),
    ),
  ]);
  const ingestor = await collector(
    'otel-ingestor',
    {
      '0.0.0.0:4317': loopback(port(10)),
      '0.0.0.0:4318': loopback(port(3)),
      '0.0.0.0:13133': loopback(port(11)),
      'port: "4317"': `port: "${port(2)}"`,
    },
    port(12),
  );
  const workers = await Promise.all(
    workerNames.map((name) =>
      WorkerProcess.start(name, { ...placed(anomaly.environment(name, secrets), services), LOG_LEVEL: 'warn' }),
    ),
  );
  const peers: readonly Peer[] = [ingestor, aggregator, tempo, loki, prometheus];
  return {
    otlp: `http://${loopback(port(3))}`,
    kafka,
    objects: s3,
    tempo,
    loki,
    prometheus,
    workers,
    collectorMetrics: [port(12), port(9)].map((each) => `http://${loopback(each)}/metrics`),
    stop: async () => {
      await stopAll(workers);
      await Promise.all(peers.map((peer) => peer.stop()));
      await Promise.all([kafka.stop(), s3.stop()]);
    },
  };
}

/** It reads and evaluates nothing: there is no DNS and no Kubernetes API here. What is written to it, it takes as rendered. */
async function prometheusOf(metrics: Rendered): Promise<PrometheusPeer> {
  const { storage, otlp } = parse(metrics.file('prometheus-config', 'prometheus.yml')) as Record<string, unknown>;
  const flags = metrics.args('prometheus').filter((flag) => /^--(web\.enable-otlp|enable-feature)/.test(flag));
  return startPrometheus(stringify({ storage, otlp }), flags);
}

function placed(variables: Readonly<Record<string, string>>, services: Places): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, onThisMachine(value, services)]));
}
