import { consumerGroups, topics } from '@plumbline/contracts';
import { dataDirectory, freePort, getOverTls, PeerProcess, answersOverTls, sendTraces } from '@plumbline/tools/peers';
import { KafkaStream } from '@plumbline/worker';
import { Kafka, logLevel } from 'kafkajs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { program } from '../../tools/peers/installed';
import { startEncryptedCluster, type EncryptedCluster } from './encrypted-cluster';
import { eventually } from './eventually';
import { preprocessedTraces } from './topics';

const sent = 20;
/** Its certificate is for this name and no address. */
const prometheusHost = 'prometheus.plumbline.svc.cluster.local';

describe('The platform with TLS and users, on real servers as rendered', () => {
  let cluster: EncryptedCluster;
  /** Ids of the traces that Tempo has. */
  let stored: readonly string[] = [];
  beforeAll(async () => {
    cluster = await startEncryptedCluster();
    const { ingestor: endpoint, authorityFile: caFile } = cluster;
    await sendTraces({ endpoint, caFile, service: 'checkout', traces: sent });
  }, 240_000);
  afterAll(() => cluster.stop());

  /** A client as a workload is one. */
  function clientOf(workload: string): Kafka {
    const { username, password } = cluster.userOf(workload);
    return new Kafka({
      brokers: [...cluster.kafka.brokers],
      ssl: { ca: [cluster.authority] },
      sasl: { mechanism: 'scram-sha-256', username, password },
      retry: { retries: 0 },
      logLevel: logLevel.NOTHING,
    });
  }

  it('brings a trace to Tempo, whose API answers over TLS', async () => {
    const traceQl = encodeURIComponent('{ resource.service.name = "checkout" }');
    const query = `${cluster.tempo.queryUrl}/api/search?q=${traceQl}&limit=100`;
    stored = await eventually('the traces in Tempo', async () => {
      const { text } = await getOverTls(query, cluster.authority);
      const { traces = [] } = JSON.parse(text) as { readonly traces?: readonly { readonly traceID: string }[] };
      // Tempo leaves out leading zeros.
      return traces.length >= sent ? traces.map(({ traceID }) => traceID.padStart(32, '0')) : undefined;
    });
    expect(stored).toHaveLength(sent);
  });

  it('brings the same traces through the broker and a worker, each a user with its own rights', async () => {
    const admin = cluster.userOf('admin');
    const stream = new KafkaStream({
      brokers: cluster.kafka.brokers,
      certificateAuthority: cluster.authority,
      credentials: admin,
      clientId: 'end-to-end',
      logger: pino({ level: 'silent' }),
    });
    try {
      const put = await eventually('all traces on traces-preprocessed', async () => {
        const seen = await preprocessedTraces(stream);
        return seen.size >= sent ? seen : undefined;
      });
      expect([...put].sort()).toEqual([...stored].sort());
    } finally {
      await stream.close();
    }
  });

  it('refuses a user what it was not granted', async () => {
    const producer = clientOf('console').producer();
    await producer.connect();
    const record = { topic: topics.incidents.name, messages: [{ value: 'forged' }] };
    await expect(producer.send(record)).rejects.toMatchObject({ type: 'TOPIC_AUTHORIZATION_FAILED' });
    await producer.disconnect();
    // Not even that there are such topics.
    const reader = clientOf('notification').admin();
    await reader.connect();
    const { topics: seen } = await reader.fetchTopicMetadata();
    await expect(reader.fetchOffsets({ groupId: consumerGroups.training, topics: ['incidents'] })).rejects.toThrow();
    await reader.disconnect();
    expect(seen.map(({ name }) => name).sort()).toEqual([topics.deliveries.name, topics.incidents.name]);
  });

  it('refuses who has no user, and who speaks in plain text', async () => {
    const wrong = new Kafka({
      brokers: [...cluster.kafka.brokers],
      ssl: { ca: [cluster.authority] },
      sasl: { mechanism: 'scram-sha-256', username: 'preprocessing', password: 'guessed' },
      retry: { retries: 0 },
      logLevel: logLevel.NOTHING,
    }).admin();
    await expect(wrong.connect()).rejects.toThrow(/authentication/i);
    const answer = await fetch(`http://${cluster.ingestorHttp}/v1/traces`, { method: 'POST' });
    expect([answer.status, await answer.text()]).toEqual([
      400,
      expect.stringMatching(/HTTP request to an HTTPS server/),
    ]);
  });

  it('has Prometheus read itself and Tempo over TLS, by the names of Services', async () => {
    const directory = await dataDirectory('prometheus');
    const port = await freePort();
    const certificate = cluster.certificateFolder('prometheus-tls');
    const host = 'tempo-headless.tempo.svc.cluster.local';
    const config = cluster.file('prometheus-config', 'prometheus.yml', {
      '127.0.0.1:9090': `127.0.0.1:${port}`,
      '/etc/plumbline/tls/platform-ca-ca-crt/ca.crt': cluster.authorityFile,
      // Where its pods are, which DNS would say.
      [`dns_sd_configs:
      - names:
          - ${host}
        type: A
        port: 3200
        refresh_interval: 15s`]: `static_configs:
      - targets:
          - ${new URL(cluster.tempo.queryUrl).host}`,
      'scrape_interval: 30s': 'scrape_interval: 1s',
      'scrape_timeout: 10s': 'scrape_timeout: 1s',
    });
    const web = cluster.file('prometheus-config', 'web.yml', { '/etc/plumbline/tls/server': certificate });
    const [configFile, webFile] = [join(directory, 'prometheus.yml'), join(directory, 'web.yml')];
    await Promise.all([writeFile(configFile, config), writeFile(webFile, web)]);
    const url = `https://127.0.0.1:${port}`;
    const ask = (path: string) => getOverTls(`${url}${path}`, cluster.authority, prometheusHost);
    const server = await PeerProcess.start({
      name: 'prometheus',
      command: program('prometheus'),
      args: [
        `--config.file=${configFile}`,
        `--web.config.file=${webFile}`,
        `--web.listen-address=127.0.0.1:${port}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
      ],
      directory,
      ready: answersOverTls(`${url}/-/ready`, cluster.authority, prometheusHost),
    });
    try {
      const up = await eventually('both targets', async () => {
        const { text } = await ask('/api/v1/query?query=up');
        const { data } = JSON.parse(text) as {
          readonly data: {
            readonly result: readonly { readonly metric: { job: string }; readonly value: unknown[] }[];
          };
        };
        const found = data.result.filter(({ value }) => value[1] === '1').map(({ metric }) => metric.job);
        return found.includes('tempo') && found.includes('prometheus') ? found : undefined;
      });
      expect(up).toEqual(expect.arrayContaining(['prometheus', 'tempo']));
    } finally {
      await server.stop();
    }
  });
});
