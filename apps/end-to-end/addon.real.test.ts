import { topics } from '@plumbline/contracts';
import {
  dataDirectory,
  forKafka,
  freePorts,
  sendTraces,
  startCollector,
  startKafka,
  substituteAddresses,
  type KafkaPeer,
  type Peer,
} from '@plumbline/tools/peers';
import type { KafkaStream } from '@plumbline/worker';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { openStream } from './backbone';
import { eventually } from './eventually';
import { runJob } from './plumbline';
import { Rendered, renderedChart } from './rendered';
import { recordsOf } from './topics';
import { spanIdsOf } from './traces';

const page = readFileSync(resolve(__dirname, '..', '..', 'docs', 'how-to', 'add-to-a-cluster.md'), 'utf8');
/** What the page tells a team to add to its collector: by OTLP, and by Kafka. */
const [byOtlp = '', byKafka = ''] = Array.from(page.matchAll(/```yaml\n([\s\S]*?)```/g), ([, text = '']) => text);

interface CollectorSettings {
  readonly [section: string]: object;
  readonly service: { readonly pipelines: object };
}

/** A collector as a team has it, with what the page adds to it: it still sends where it sent before. */
function teamsCollector(added: string, grpc: string): string {
  const addition = parse(added) as CollectorSettings;
  const { service, ...sections } = addition;
  const has = {
    receivers: { otlp: { protocols: { grpc: { endpoint: grpc } } } },
    processors: {},
    exporters: { debug: {} },
  };
  return stringify({
    ...has,
    ...Object.fromEntries(
      Object.entries(sections).map(([name, section]) => [name, { ...has[name as keyof typeof has], ...section }]),
    ),
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['otlp'], exporters: ['debug'] }, ...service.pipelines },
    },
  });
}

describe('A collector that is not ours, told what the page on the addon says', () => {
  const [traces, childSpans] = [40, 4];
  let kafka: KafkaPeer;
  let stream: KafkaStream;
  const started: Peer[] = [];
  let at: (index: number) => string;

  beforeAll(async () => {
    const free = await freePorts(7);
    at = (index) => `127.0.0.1:${free[index] ?? 0}`;
    kafka = await startKafka({ heapMegabytes: 384 });
    const broker = { 'redpanda.plumbline.svc.cluster.local:9092': kafka.brokers[0] ?? '' };
    const streaming = new Rendered(substituteAddresses(renderedChart('addon', 'streaming'), broker));
    await runJob(
      'topics',
      forKafka(streaming.file('redpanda-topics-job', 'job.json')),
      streaming.environment('redpanda-topics'),
    );
    stream = openStream(kafka);
    const collection = new Rendered(renderedChart('addon', 'collection'));
    const start = async (name: string, addresses: Readonly<Record<string, string>>) => {
      const config = substituteAddresses(collection.file(`${name}-config`, 'config.yaml'), addresses);
      started.push(await startCollector(config, { args: collection.args(name), env: collection.environment(name) }));
    };
    const port = (index: number) => String(free[index] ?? 0);
    await start('otel-aggregator', {
      ...broker,
      '0.0.0.0:4317': at(0),
      '0.0.0.0:13133': at(1),
      'host: 0.0.0.0': 'host: 127.0.0.1',
      'port: 8888': `port: ${port(2)}`,
      '/var/lib/otelcol/queue': await dataDirectory('addon-queue'),
    });
    const [http = 0, health = 0, metrics = 0] = await freePorts(3);
    await start('otel-ingestor', {
      '0.0.0.0:4317': at(3),
      '0.0.0.0:4318': `127.0.0.1:${http}`,
      '0.0.0.0:13133': `127.0.0.1:${health}`,
      'host: 0.0.0.0': 'host: 127.0.0.1',
      'port: 8888': `port: ${metrics}`,
      'otel-aggregator-headless.plumbline.svc.cluster.local': '127.0.0.1',
      'port: "4317"': `port: "${port(0)}"`,
    });
  });
  afterAll(async () => {
    await stream.close();
    await Promise.all(started.map((peer) => peer.stop()));
    await kafka.stop();
  });

  /** Spans on the topic, each by its own id and in the partition that it is in. */
  async function onTopic(): Promise<ReadonlyMap<string, number>> {
    const spans = new Map<string, number>();
    for (const { value, partition } of await recordsOf(stream, topics.traces.name))
      if (value !== null) for (const id of spanIdsOf(value)) spans.set(id, partition);
    return spans;
  }

  it.each([
    ['by OTLP, through collectors of ours', byOtlp, 'otel-ingestor.plumbline.svc.cluster.local:4317', 4],
    ['by Kafka, without them', byKafka, 'redpanda.plumbline.svc.cluster.local:9092', 5],
  ])('hands over every span %s', async (_, added, address, index) => {
    const before = (await onTopic()).size;
    const config = substituteAddresses(teamsCollector(added, at(index)), {
      [address]: added === byOtlp ? at(3) : (kafka.brokers[0] ?? ''),
    });
    started.push(await startCollector(config));
    await sendTraces({ endpoint: at(index), service: 'theirs', traces, childSpans });
    const expected = before + traces * (childSpans + 1);
    await eventually('every span', async () => ((await onTopic()).size >= expected ? true : undefined), {
      timeoutMs: 60_000,
    });
    expect((await onTopic()).size).toBe(expected);
  });
});
