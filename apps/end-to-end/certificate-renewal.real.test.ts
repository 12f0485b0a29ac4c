import { getOverTls, sendTraces, shows } from '@plumbline/tools/peers';
import { KafkaStream } from '@plumbline/worker';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { Cluster } from './cluster';
import { startEncryptedCluster, type EncryptedCluster } from './encrypted-cluster';
import { eventually } from './eventually';
import { impatient } from './settings';
import { statistics } from './statistics';
import { preprocessedTraces } from './topics';
import { DiscordServer } from './webhook';

const partitions = 3;
const tracesPerRound = 25;

/** Everybody is started again once, brokers one after the other. */
jest.setTimeout(600_000);

describe('Certificates that are renewed while traces flow', () => {
  const discord = new DiscordServer();
  let cluster: EncryptedCluster;
  let stream: KafkaStream;
  /** Also after a failure: the process would not end. */
  let stopSending = (): Promise<number> => Promise.resolve(0);
  beforeAll(async () => {
    cluster = await startEncryptedCluster({ ...impatient, WATERMARK_LAG_SECONDS: '12' }, await discord.listen());
    stream = new KafkaStream({
      brokers: cluster.kafka.brokers,
      certificateAuthority: () => cluster.authority,
      credentials: cluster.userOf('admin'),
      clientId: 'end-to-end',
      logger: pino({ level: 'silent' }),
    });
  });
  afterAll(async () => {
    await stopSending().catch(() => 0);
    await stream.close();
    await discord.close();
    await cluster.stop();
  });

  /** Sends traces until it is stopped, which tells how many they were. */
  function startSending(): void {
    const { ingestor: endpoint, certificates } = cluster;
    const rounds = { sent: 0, going: true };
    const sending = (async () => {
      for (; rounds.going; rounds.sent += 1) {
        await sendTraces({ endpoint, caFile: certificates.authorityFile, service: 'renewed', traces: tracesPerRound });
        // Each of them is asked for in the end.
        await sleep(400);
      }
    })();
    // Whoever stops it is told of what failed.
    sending.catch(() => undefined);
    stopSending = async () => {
      rounds.going = false;
      await sending;
      return tracesPerRound * rounds.sent;
    };
  }

  function processes() {
    return Array.from(cluster.workers.values(), ({ name, pid }) => [name, pid]);
  }

  function isServed(address: string, secretName: string): Promise<true> {
    const certificateFile = join(cluster.certificates.folder(secretName), 'tls.crt');
    return eventually(`${secretName} at ${address}`, async () =>
      (await shows(address, { certificateFile, keyFile: '' })) ? true : undefined,
    );
  }

  it('are taken up by everybody, also when another authority issues them, and no trace is lost and no worker ends', async () => {
    const { certificates, kafka, collectors, store, tempo } = cluster;
    const before = processes();
    await certificates.addAuthority();
    // What applications send to has no queue before it but theirs.
    await collectors.ingestor.restart();
    startSending();
    // They read whom to trust when they start.
    await collectors.aggregator.restart();
    await tempo.restart();

    await certificates.issueAll();
    await kafka.present(await certificates.issue('redpanda-tls'));
    // What does not look at it by itself is started again, as by the CronJob of `CertificateRestarts`.
    await store.restart();
    await tempo.restart();
    await isServed(cluster.ingestor, 'otel-ingestor-tls');
    await isServed(cluster.ingestorHttp, 'otel-ingestor-tls');
    await isServed(cluster.aggregator, 'otel-aggregator-tls');
    await isServed(new URL(cluster.storeUrl).host, 'objects-tls');
    await isServed(new URL(tempo.queryUrl).host, 'tempo-tls');

    await certificates.removeOldAuthority();
    // Everybody connects anew, and trusts the new authority alone.
    const brokers = new Cluster(kafka, () => ({ ...kafka.clientConfig(), ssl: { ca: [cluster.authority] } }));
    for (const node of kafka.nodes) {
      await node.restart();
      await brokers.inSync();
    }
    const sent = await stopSending();

    const ids = await eventually(
      'all traces preprocessed',
      async () => {
        const seen = await preprocessedTraces(stream);
        return seen.size >= sent ? seen : undefined;
      },
      { everyMs: 1_000 },
    );
    expect(sent).toBeGreaterThan(10 * tracesPerRound);
    expect(ids.size).toBe(sent);
    await eventually('all traces in Tempo', async () => ((await lacking(ids)).length === 0 ? true : undefined));
    const judged = await eventually('traces judged', async () => (await countJudged()) || undefined);
    expect(judged).toBeLessThanOrEqual(sent);
    expect(processes()).toEqual(before);
  });

  /** Ids that Tempo does not know. */
  async function lacking(ids: ReadonlySet<string>): Promise<readonly string[]> {
    const missing: string[] = [];
    const left = [...ids];
    const ask = async () => {
      for (let id = left.pop(); id !== undefined; id = left.pop()) {
        const { status } = await getOverTls(`${cluster.tempo.queryUrl}/api/traces/${id}`, cluster.authority);
        if (status !== 200) missing.push(id);
      }
    };
    await Promise.all(Array.from({ length: 8 }, ask));
    return missing;
  }

  /** Traces in the statistics of windows that are over. */
  async function countJudged(): Promise<number> {
    const { table } = await statistics(stream, partitions);
    return Array.from(table.entries.values())
      .filter(({ service }) => service.endsWith('/renewed'))
      .reduce((sum, { traces }) => sum + traces, 0);
  }
});
