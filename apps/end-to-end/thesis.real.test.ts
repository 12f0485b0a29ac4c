import { buckets, currentProfileKey, topics } from '@plumbline/contracts';
import { dataDirectory, python, sendTraces } from '@plumbline/tools/peers';
import type { Exemplar, Incident } from '@plumbline/wire';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runPlumbline } from './command';
import { eventually } from './eventually';
import { impatient } from './settings';
import { statistics } from './statistics';
import { objectBytes } from './stored-traces';
import { startThesisCluster, type ThesisCluster } from './thesis-cluster';
import { publishedIncidents, recordsOf } from './topics';
import { tracesOf } from './traces';
import { childSpans, Traffic } from './traffic';
import { DiscordServer } from './webhook';

const service = 'checkout';
const normal = { spanDuration: '4ms', status: 'Unset' } as const;
const spansOfATrace = childSpans + 1;
const outageTraces = 20;
/** Of `traces` and `traces-preprocessed`, as rendered. */
const sourcePartitions = 3;

describe('What dist/thesis renders, with an application that sends traces to its ingestor', () => {
  const discord = new DiscordServer();
  let cluster: ThesisCluster;
  let traffic: Traffic | undefined;
  let incident: Incident;
  let exemplar: Exemplar;

  beforeAll(async () => {
    cluster = await startThesisCluster(await discord.listen(), { ...impatient, WATERMARK_LAG_SECONDS: '12' });
    traffic = new Traffic(cluster.ingestor, service);
    const isThere = async (what: string) =>
      eventually(what, () => objectBytes(cluster.objects, buckets.mlModels, currentProfileKey), { timeoutMs: 180_000 });
    await isThere('the first profile');
    await eventually('traces judged normal', async () => {
      const detection = cluster.workers.find(({ name }) => name === 'anomaly-detection');
      const normal = (await detection?.metric('plumbline_detection_traces_total', 'result="normal"')) ?? 0;
      return normal > 100 ? normal : undefined;
    });
    traffic.behaviour = { spanDuration: '700ms', status: 'Error' };
    incident = await eventually(
      'an incident with a stored trace',
      async () =>
        (await publishedIncidents(cluster.stream)).findLast(({ traces }) => traces.some(({ object }) => object)),
      { timeoutMs: 180_000, everyMs: 1_000 },
    );
    await eventually('a message and its edit', () => discord.requests.find(({ method }) => method === 'PATCH'));
    const found = incident.traces.find(({ object }) => object !== undefined);
    if (found === undefined) throw new RangeError('no trace of the incident was stored');
    exemplar = found;
    // It goes on through all that follows: a service that falls silent beside others that do not would be an incident, and rightly.
    traffic.behaviour = normal;
  }, 600_000);
  afterAll(async () => {
    await traffic?.stop();
    await discord.close();
    await cluster.stop();
  });

  /** Ids of the traces of a service in Tempo, by TraceQL. */
  async function search(traceQl: string): Promise<readonly string[]> {
    const url = `${cluster.tempo.queryUrl}/api/search?q=${encodeURIComponent(traceQl)}&limit=1000`;
    const { traces = [] } = (await (await fetch(url)).json()) as {
      readonly traces?: readonly { readonly traceID: string }[];
    };
    // Tempo leaves out leading zeros.
    return traces.map(({ traceID }) => traceID.padStart(32, '0'));
  }

  /** Ids of the traces of a service on the topic `traces`. */
  async function onTopic(name: string): Promise<ReadonlySet<string>> {
    const records = await recordsOf(cluster.stream, topics.traces.name);
    return new Set(records.flatMap(({ value }) => (value === null ? [] : tracesOf(value, name))));
  }

  const sendDuringOutage = (name: string) =>
    sendTraces({ endpoint: cluster.ingestor, service: name, traces: outageTraces, childSpans });

  const all = (what: string, ids: () => Promise<{ readonly size: number }>) =>
    eventually(what, async () => ((await ids()).size >= outageTraces ? true : undefined), { everyMs: 1_000 });

  it('blames the service that broke', () => {
    expect(incident.causes[0]?.service).toMatch(new RegExp(`/${service}$`));
    expect(exemplar.durationMs).toBeGreaterThan(500);
  });

  it('stores the trace whole, in Parquet that pyarrow and DuckDB read, compressed by Snappy', async () => {
    const { bucket = '', key = '' } = exemplar.object ?? {};
    const directory = await dataDirectory('anomalies');
    await mkdir(dirname(join(directory, key)), { recursive: true });
    await writeFile(join(directory, key), await objectBytes(cluster.objects, bucket, key));
    const script = join(__dirname, 'read_trace.py');
    const { stdout } = await python([script, directory, key, exemplar.traceId]);
    const read = JSON.parse(stdout) as Record<'pyarrow' | 'duckdb', Record<string, string>>;
    expect(read).toMatchObject({ codecs: ['SNAPPY'], services: [service] });
    expect(bucket).toBe(buckets.anomalyData);
    const [root, ...children] = Object.entries(read.pyarrow).sort(([, a], [, b]) => a.length - b.length);
    expect(root?.[1]).toBe('');
    expect(children.map(([, parent]) => parent)).toEqual(Array(childSpans).fill(root?.[0]));
    expect(read.duckdb).toEqual(read.pyarrow);
  });

  it('shows the same trace in Tempo by its id and by TraceQL', async () => {
    const byId = await fetch(`${cluster.tempo.queryUrl}/api/traces/${exemplar.traceId}`);
    expect((await byId.text()).match(/"spanId"/gi)).toHaveLength(spansOfATrace);
    const query = `{ resource.service.name = "${service}" && status = error && duration > 500ms }`;
    expect(await search(query)).toContain(exemplar.traceId);
  });

  it('is found to work by `plumbline verify`, from addresses', async () => {
    const { kafka, s3, tempo, ports } = cluster;
    const addresses = {
      kafka: kafka.brokers.join(','),
      s3: s3.endpoint,
      tempo: tempo.queryUrl,
      ingestor: `http://127.0.0.1:${ports.ingestorHttp}`,
    };
    const names = 'topics,buckets,trace,raw-records,preprocessed-records,judged-records,consumers,application';
    const { status, stdout } = await runPlumbline(
      [
        ...['verify', '--json', '--only', names],
        ...Object.entries(addresses).flatMap(([name, address]) => [`--${name}`, address]),
      ],
      { AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey },
    );
    const { checks } = JSON.parse(stdout) as { readonly checks: readonly { readonly outcome: { result: string } }[] };
    expect(checks.filter(({ outcome }) => outcome.result !== 'passed')).toEqual([]);
    expect(checks).toHaveLength(8);
    expect(status).toBe(0);
  });

  it('still brings every trace to Tempo while Kafka is down, and to Kafka when it is back', async () => {
    await cluster.kafka.stop();
    await sendDuringOutage('without-kafka');
    await all('all traces in Tempo', async () => new Set(await search('{ resource.service.name = "without-kafka" }')));
    await cluster.kafka.restart();
    await all('all traces on the topic', () => onTopic('without-kafka'));
  });

  it('still brings every trace to Kafka while Tempo is down, and to Tempo when it is back', async () => {
    await cluster.tempo.stop();
    await sendDuringOutage('without-tempo');
    await all('all traces on the topic', () => onTopic('without-tempo'));
    await cluster.tempo.restart();
    await all('all traces in Tempo', async () => new Set(await search('{ resource.service.name = "without-tempo" }')));
  });

  it('has judged what came late, and no worker gave up meanwhile', async () => {
    for (const worker of cluster.workers) expect(await worker.isAlive()).toBe(true);
    await eventually('all traces of the outages in the statistics', async () => {
      const { table } = await statistics(cluster.stream, sourcePartitions);
      const outages = [...table.entries.values()].filter((entry) => /\/without-(kafka|tempo)$/.test(entry.service));
      return outages.reduce((sum, { traces }) => sum + traces, 0) === 2 * outageTraces ? true : undefined;
    });
  });

  it('has told Discord of the incident once, and edited that message from then on', async () => {
    const published = await publishedIncidents(cluster.stream);
    expect(new Set(published.map(({ id }) => id))).toEqual(new Set([incident.id]));
    expect(discord.messages).toHaveLength(1);
    expect(JSON.stringify(discord.messages[0]?.body)).toContain(service);
    expect(new Set(discord.requests.map(({ method }) => method))).toEqual(new Set(['POST', 'PATCH']));
  });
});
