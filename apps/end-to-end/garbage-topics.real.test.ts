import { buckets, currentProfileKey, topics } from '@plumbline/contracts';
import { encodeIncident, headers, schemas, type Incident } from '@plumbline/wire';
import { startBackbone, type Backbone } from './backbone';
import { eventually } from './eventually';
import { deeplyNestedAttribute, truncated } from './hostile';
import { Load } from './load';
import { Random } from './random';
import { peakResidentBytes } from './standalone-process';
import { objectBytes, storedKeys } from './stored-traces';
import { recordsOf } from './topics';
import { DiscordServer } from './webhook';
import { WorkerProcess, stopAll } from './workers';

const partitions = 2;
const mebibyte = 1024 * 1024;
const maxResidentBytes = 600 * mebibyte;
const rounds = 20;

/** Workers, the topics they read, and the counter of what they could not read. */
const readers = {
  preprocessing: { topic: topics.traces.name, counter: 'plumbline_preprocessing_malformed_records_total' },
  'anomaly-detection': { topic: topics.tracesPreprocessed.name, counter: 'plumbline_detection_malformed_total' },
  'root-cause': { topic: topics.anomalies.name, counter: 'plumbline_root_cause_malformed_total' },
  training: { topic: topics.windowStats.name, counter: 'plumbline_learner_malformed_total' },
} as const;

describe('Workers, given garbage by their topics', () => {
  const random = new Random();
  const discord = new DiscordServer();
  const workers = new Map<string, WorkerProcess>();
  let pids: ReadonlyMap<string, number | undefined>;
  let backbone: Backbone;

  beforeAll(async () => {
    console.info(`PLUMBLINE_SEED=${random.seed}`);
    backbone = await startBackbone(partitions);
    const environment = {
      ...backbone.environment,
      LOG_LEVEL: 'warn',
      TRACE_SCORE_THRESHOLD: '0',
      OBJECTS_PER_MINUTE: '1000000',
      WATERMARK_LAG_SECONDS: '2',
      WINDOW_SECONDS: '2',
      LEARN_MIN_WINDOWS: '1',
      LEARN_MIN_TRACES: '50',
      DISCORD_WEBHOOK_URL: await discord.listen(),
    };
    for (const name of ['preprocessing', 'anomaly-detection', 'root-cause', 'training', 'notification'] as const)
      workers.set(name, await WorkerProcess.start(name, environment));
    pids = new Map(Array.from(workers, ([name, { pid }]) => [name, pid]));
    for (const topic of [
      ...Object.values(readers).map((reader) => reader.topic),
      topics.incidents.name,
      topics.deliveries.name,
    ])
      await backbone.stream.produce(garbage(topic));
  });
  afterAll(async () => {
    await stopAll([...workers.values()]);
    await discord.close();
    await backbone.stop();
  });

  const malformed = (): Buffer[] => [
    Buffer.concat([Buffer.of(0xff), random.bytes(1 + random.integer(8192))]),
    truncated(random),
    Buffer.from('{"schema":1,"tenant":'),
    Buffer.from(`${'['.repeat(10_000)}${']'.repeat(10_000)}`),
  ];

  function garbage(topic: string) {
    const values = Array.from({ length: rounds }, malformed).flat();
    const known = { [headers.schema]: schemas.incident };
    return values.map((value, index) => ({
      topic,
      partition: topic.startsWith('traces') ? index % partitions : 0,
      key: 'garbage',
      value,
      headers: known,
    }));
  }

  it.each(Object.entries(readers))('%s counts what it cannot read', async (name, { counter }) => {
    const count = await eventually(counter, async () => {
      const read = (await workers.get(name)?.metric(counter)) ?? 0;
      return read >= rounds * 4 ? read : undefined;
    });
    expect(count).toBeGreaterThanOrEqual(rounds * 4);
  });

  it.each([topics.traces.name, topics.tracesPreprocessed.name])(
    'every unreadable record of %s is among the dead letters, as it came and with where it came from',
    async (topic) => {
      const sent = (await recordsOf(backbone.stream, topic)).filter(
        ({ key }) => Buffer.from(key ?? []).toString() === 'garbage',
      );
      const letters = (await recordsOf(backbone.stream, topics.tracesDeadLetter.name)).filter(
        (letter) => letter.headers[headers.sourceTopic] === topic,
      );
      const place = (partition: unknown, offset: unknown) => `${String(partition)}@${String(offset)}`;
      const byPlace = new Map(
        letters.map((letter) => [
          place(letter.headers[headers.sourcePartition], letter.headers[headers.sourceOffset]),
          letter,
        ]),
      );
      expect(sent).toHaveLength(rounds * 4);
      for (const { partition, offset, value } of sent) {
        const letter = byPlace.get(place(partition, offset));
        expect(letter?.headers[headers.reason]).toMatch(/./);
        expect(Buffer.from(letter?.value ?? []).equals(Buffer.from(value ?? []))).toBe(true);
      }
    },
  );

  it('does not stop the work on good records after it', async () => {
    const load = new Load({ stream: backbone.stream, partitions, random, tracesPerSecond: 30 });
    await backbone.stream.produce([
      { topic: topics.traces.name, partition: 0, key: null, value: deeplyNestedAttribute(random, 10_000) },
    ]);
    load.start();
    await eventually('a profile', () => objectBytes(backbone.objects, buckets.mlModels, currentProfileKey));
    await load.stop();
    await eventually('an object for every trace', async () => {
      const stored = new Set((await storedKeys(backbone.objects)).map((key) => /trace_(\w+)\.parquet/.exec(key)?.[1]));
      return [...load.sent.keys()].every((id) => stored.has(id)) ? true : undefined;
    });
    await eventually('windows in root cause', async () =>
      ((await workers.get('root-cause')?.metric('plumbline_root_cause_windows_total')) ?? 0) > 0 ? true : undefined,
    );
    const incident = { ...plainIncident, startedAtMs: Date.now() };
    await backbone.stream.produce([
      {
        topic: topics.incidents.name,
        key: incident.id,
        value: encodeIncident(incident),
        headers: { [headers.schema]: schemas.incident },
      },
    ]);
    await eventually('a message', () =>
      discord.messages.find(({ body }) => JSON.stringify(body).includes(incident.title)),
    );
  });

  it('has restarted nobody and cost little memory', async () => {
    for (const [name, worker] of workers) {
      expect(await worker.isAlive()).toBe(true);
      expect(worker.pid).toBe(pids.get(name));
      const peak = await peakResidentBytes(worker.pid ?? 0);
      console.info(`peak memory of ${name}: ${(peak / mebibyte).toFixed(0)} MiB`);
      expect(peak).toBeLessThan(maxResidentBytes);
    }
  });

  it('does not keep workers from starting over it, where they restore their state from topics', async () => {
    const restored = ['root-cause', 'training', 'notification'].flatMap((name) => workers.get(name) ?? []);
    for (const worker of restored) {
      expect(await worker.stop()).toBe('exited with 0');
      await worker.restart();
      expect(await worker.isAlive()).toBe(true);
    }
  });
});

const plainIncident: Incident = {
  schema: 2,
  id: '0123456789ab',
  tenant: 'default',
  revision: 1,
  state: 'open',
  severity: 'high',
  environment: '',
  title: 'High latency in gateway',
  startedAtMs: 0,
  openedAtMs: 0,
  throughMs: 0,
  causes: [],
  ranking: [],
  affected: [],
  path: [],
  traces: [],
  anomalousTraces: 1,
  totalTraces: 1,
  failedTraces: 0,
  notSeen: [],
  bundle: '',
  publishedAtMs: 0,
};
