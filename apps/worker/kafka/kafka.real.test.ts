import { topics } from '@plumbline/contracts';
import { startKafka, type KafkaPeer } from '@plumbline/tools/peers';
import { CompressionTypes, Kafka, logLevel, type Admin } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { compressSync } from 'snappy';
import { runStage, type RunningStage } from '../run-stage';
import { silentObserver } from '../stage-observer';
import type { RecordBatch } from '../stream';
import { CopyStage, text, until } from '../testing';
import { KafkaStream, type KafkaStreamOptions } from './kafka-stream';
import { compressXerial, registerSnappy } from './snappy-codec';

const logger = pino({ level: 'silent' });

/** Each reading of a topic is a consumer group of its own: too many a second, and the broker does nothing else. */
const pollMs = 300;

describe('a stream over Kafka', () => {
  let kafka: KafkaPeer;
  let topicNumber = 0;
  const streams: KafkaStream[] = [];
  const running: RunningStage[] = [];

  beforeAll(async () => {
    kafka = await startKafka({ properties: { 'message.max.bytes': '200000' } });
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((stage) => stage.stop()));
    await Promise.all(streams.splice(0).map((stream) => stream.close()));
  });
  afterAll(() => kafka.stop());

  function open(onLost?: KafkaStreamOptions['onLost']): KafkaStream {
    const stream = new KafkaStream({
      brokers: kafka.brokers,
      clientId: 'test',
      logger,
      maxBatchBytes: 150_000,
      ...(onLost !== undefined && { onLost }),
    });
    streams.push(stream);
    return stream;
  }

  /** Of a stream of its own: what one knows of a topic is wrong once the topic was made again. */
  const send = (topic: string, ...values: string[]): Promise<void> =>
    open().produce(values.map((value) => ({ topic, key: null, value: Buffer.from(value) })));

  async function withAdmin(work: (admin: Admin) => Promise<unknown>): Promise<void> {
    const admin = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      await work(admin);
    } finally {
      await admin.disconnect();
    }
  }

  async function makeTopic(partitions: number, config: Record<string, string> = {}): Promise<string> {
    topicNumber += 1;
    const topic = `topic-${topicNumber}`;
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    await withAdmin((admin) => admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }] }));
    return topic;
  }

  async function valuesOf(stream: KafkaStream, topic: string): Promise<string[]> {
    const values: string[] = [];
    await stream.readAll(topic, (record) => values.push(text(record)));
    return values;
  }

  async function copy(input: string, output: string, stage = copier(input, output)): Promise<RunningStage> {
    const started = await runStage(stage, open());
    running.push(started);
    return started;
  }

  function copier(
    input: string,
    output: string,
    before: (batch: RecordBatch) => Promise<void> = () => Promise.resolve(),
  ): CopyStage {
    const stage = new CopyStage(async (batch) => {
      await before(batch);
      return { records: batch.records.map(({ value }) => ({ topic: output, key: null, value })) };
    }, `${input}-group`);
    return Object.assign(stage, { topics: [input] });
  }

  it('gives back keys, values, headers, times and tombstones as they were', async () => {
    const stream = open();
    const topic = await makeTopic(2);
    const value = Buffer.from([0, 255, 1]);
    await stream.produce([
      { topic, partition: 1, key: 'k', value, headers: { a: '1' }, timestampMs: 1_700_000_000_000 },
      { topic, partition: 1, key: 'k', value: null, timestampMs: 1_700_000_000_123.9 },
    ]);
    const read: unknown[] = [];
    await stream.readAll(topic, (record, partition) =>
      read.push([
        partition,
        record.offset,
        record.key?.toString(),
        record.value && Buffer.from(record.value),
        record.headers,
        record.timestampMs,
      ]),
    );
    expect(read).toEqual([
      [1, 0, 'k', value, { a: '1' }, 1_700_000_000_000],
      [1, 1, 'k', null, {}, 1_700_000_000_123],
    ]);
  });

  it('reaches a partition that was added after the client had looked, and says so when there is none', async () => {
    const stream = open();
    const topic = await makeTopic(1);
    const to = (partition: number, value: string) => ({ topic, partition, key: null, value: Buffer.from(value) });
    await stream.produce([to(0, 'before')]);
    await expect(stream.produce([to(0, 'beside'), to(1, 'too early')])).rejects.toMatchObject({
      message: expect.stringContaining(`topic ${topic} has no partition 1`) as string,
      transient: true,
    });
    await withAdmin((admin) => admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] }));
    await stream.produce([to(0, 'after'), to(1, 'new')]);
    expect((await valuesOf(stream, topic)).sort()).toEqual(['after', 'before', 'beside', 'new']);
  });

  it('has the append time of the broker where the topic says so', async () => {
    const stream = open();
    const topic = await makeTopic(1, { 'message.timestamp.type': 'LogAppendTime' });
    await stream.produce([{ topic, key: null, value: Buffer.from('a'), timestampMs: 1_000 }]);
    const times: number[] = [];
    await stream.readAll(topic, ({ timestampMs }) => times.push(timestampMs));
    expect(times[0]).toBeGreaterThan(1_600_000_000_000);
  });

  it.each([
    ['raw', (data: Buffer) => compressSync(data)],
    ['xerial', compressXerial],
  ])('reads Snappy in %s framing, which the broker accepted', async (_, compress) => {
    const stream = open();
    const topic = await makeTopic(1);
    const { CompressionCodecs } = await import('kafkajs');
    CompressionCodecs[CompressionTypes.Snappy] = () => ({
      compress: (encoder: { buffer: Buffer }) => Promise.resolve(compress(encoder.buffer)),
    });
    const producer = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING }).producer();
    try {
      await producer.connect();
      const messages = Array.from({ length: 500 }, (_, index) => ({ value: `message ${index} ${'x'.repeat(100)}` }));
      await producer.send({ topic, compression: CompressionTypes.Snappy, messages });
    } finally {
      await producer.disconnect();
      registerSnappy();
    }
    const values = await valuesOf(stream, topic);
    expect(values).toHaveLength(500);
    expect(values[499]).toMatch(/^message 499 x+$/);
  });

  it('splits what is larger than a batch may be, and keeps the order', async () => {
    const stream = open();
    const topic = await makeTopic(1);
    const values = Array.from({ length: 20 }, (_, index) => `${index} ${'y'.repeat(40_000)}`);
    await stream.produce(values.map((value) => ({ topic, key: null, value: Buffer.from(value) })));
    expect(await valuesOf(stream, topic)).toEqual(values);
  });

  it('names topic and size of a record that the broker refuses, and goes on with the next', async () => {
    const stream = open();
    const topic = await makeTopic(1);
    const random = Buffer.from(Array.from({ length: 300_000 }, () => Math.floor(Math.random() * 256)));
    await expect(stream.produce([{ topic, key: null, value: random }])).rejects.toMatchObject({
      code: 'PLUMBLINE_STREAM_MESSAGE_TOO_LARGE',
      message: `a record of 300064 bytes is larger than topic ${topic} allows (max.message.bytes)`,
    });
    await stream.produce([{ topic, key: null, value: Buffer.from('small') }]);
    expect(await valuesOf(stream, topic)).toEqual(['small']);
  });

  it('knows the partitions of a topic, and when there is no such topic', async () => {
    const stream = open();
    expect(await stream.partitions(await makeTopic(3))).toBe(3);
    await expect(stream.partitions('missing')).rejects.toMatchObject({ code: 'PLUMBLINE_STREAM_UNKNOWN_TOPIC' });
    await expect(stream.readAll('missing', () => undefined)).rejects.toMatchObject({
      code: 'PLUMBLINE_STREAM_UNKNOWN_TOPIC',
    });
  });

  it('reads nothing of an empty topic', async () => {
    expect(await valuesOf(open(), await makeTopic(2))).toEqual([]);
  });

  it('reads partitions of a topic from a record time on', async () => {
    const stream = open();
    const topic = await makeTopic(3);
    const at = (partition: number, timestampMs: number) => ({
      topic,
      partition,
      key: null,
      value: Buffer.from(`${partition}@${timestampMs}`),
      timestampMs,
    });
    const times = [1_000, 2_000, 3_000, 1_500];
    await stream.produce([0, 1, 2].flatMap((partition) => times.map((time) => at(partition, time))));
    const read = async (sinceMs: number): Promise<string[]> => {
      const values: string[] = [];
      await stream.readAll(topic, (record) => values.push(text(record)), { partitions: [0, 2], sinceMs });
      return values.sort();
    };
    expect(await read(2_000)).toEqual(['0@1500', '0@2000', '0@3000', '2@1500', '2@2000', '2@3000']);
    expect(await read(-5)).toHaveLength(8);
    expect(await read(3_001)).toEqual([]);
  });

  it('reads a topic to its end, though the broker answers nothing for a while in the middle', async () => {
    const stream = open();
    const topic = await makeTopic(2);
    const values = Array.from({ length: 200 }, (_, index) => `${index} ${'z'.repeat(50_000)}`);
    for (let from = 0; from < values.length; from += 20) {
      const part = values.slice(from, from + 20);
      await stream.produce(part.map((value, i) => ({ topic, partition: i % 2, key: null, value: Buffer.from(value) })));
    }
    const read: string[] = [];
    let resumed: Promise<void> | undefined;
    await stream.readAll(topic, (record) => {
      read.push(text(record));
      if (resumed !== undefined) return;
      // Longer than several fetches wait.
      for (const node of kafka.nodes) node.pause();
      resumed = sleep(4_000).then(() => kafka.nodes.forEach((node) => node.resume()));
    });
    await resumed;
    expect(read.sort()).toEqual(values.sort());
  });

  it('continues after a restart from what was committed', async () => {
    const [input, output] = [await makeTopic(1), await makeTopic(1)];
    const stream = open();
    await stream.produce([{ topic: input, key: null, value: Buffer.from('a') }]);
    const first = await copy(input, output);
    await until(async () => (await valuesOf(stream, output)).length === 1, pollMs);
    await first.stop();
    running.length = 0;
    await stream.produce([{ topic: input, key: null, value: Buffer.from('b') }]);
    const again = copier(input, output);
    await copy(input, output, again);
    await until(() => again.seen.length > 0);
    expect(again.seen).toEqual(['b']);
  });

  it('says how much was deleted before a group could read it, and goes on behind that', async () => {
    const [input, output] = [await makeTopic(1), await makeTopic(1)];
    const stream = open();
    await send(input, 'a');
    const first = await copy(input, output);
    await until(async () => (await valuesOf(stream, output)).length === 1, pollMs);
    await first.stop();
    running.length = 0;
    await send(input, 'b', 'c', 'd', 'e');
    await withAdmin(async (admin) => {
      // Deleting does not look up the leader by itself.
      await admin.fetchTopicOffsets(input);
      await admin.deleteTopicRecords({ topic: input, partitions: [{ partition: 0, offset: '4' }] });
    });
    const lost: number[] = [];
    const again = copier(input, output);
    running.push(
      await runStage(
        again,
        open((_, count) => lost.push(count)),
      ),
    );
    await until(() => again.seen.length > 0);
    expect(again.seen).toEqual(['e']);
    expect(lost).toEqual([3]);
  });

  it('reads a topic that was deleted and made again from its beginning, whatever was committed before', async () => {
    const [input, output] = [await makeTopic(1), await makeTopic(1)];
    const stream = open();
    await send(input, 'a', 'b', 'c', 'd', 'e');
    const first = copier(input, output);
    const started = await copy(input, output, first);
    await until(() => first.seen.length === 5);
    await until(async () => (await valuesOf(stream, output)).length === 5, pollMs);
    await started.stop();
    running.length = 0;
    await withAdmin(async (admin) => {
      await admin.deleteTopics({ topics: [input] });
      await until(async () => !(await admin.listTopics()).includes(input), pollMs);
      await admin.createTopics({ topics: [{ topic: input, numPartitions: 1 }] });
      // As a broker that kept the offsets of the group would have it.
      await admin.setOffsets({ groupId: `${input}-group`, topic: input, partitions: [{ partition: 0, offset: '5' }] });
    });
    await send(input, 'new');
    const again = copier(input, output);
    await copy(input, output, again);
    await until(() => again.seen.length > 0);
    expect(again.seen).toEqual(['new']);
  });

  it('goes on after a record that the topic has no room for: it is told of in the dead letters', async () => {
    const [input, output] = [await makeTopic(1), await makeTopic(1)];
    const letters = topics.tracesDeadLetter.name;
    await withAdmin((admin) => admin.createTopics({ topics: [{ topic: letters, numPartitions: 1 }] }));
    const stream = open();
    const noise = Buffer.from(Array.from({ length: 300_000 }, () => Math.floor(Math.random() * 256)));
    const stage = Object.assign(
      new CopyStage(
        (batch) =>
          Promise.resolve({
            records: batch.records.map((record) => ({
              topic: output,
              key: null,
              value: text(record) === 'large' ? noise : record.value,
            })),
          }),
        `${input}-group`,
      ),
      { topics: [input] },
    );
    await send(input, 'a', 'large', 'b');
    const started = await copy(input, output, stage);
    await until(async () => (await valuesOf(stream, output)).includes('b'), pollMs);
    expect(new Set(await valuesOf(stream, output))).toEqual(new Set(['a', 'b']));
    const reasons: (string | undefined)[] = [];
    await stream.readAll(letters, ({ headers }) => reasons.push(headers['plumbline-reason']));
    expect(reasons).toEqual([
      `a record of 300064 bytes is larger than topic ${output} allows (max.message.bytes); its 300000 bytes are lost`,
    ]);
    expect(started.isReady()).toBe(true);
  });

  it('shares partitions with a second consumer, loses nothing, and fences what was in progress', async () => {
    const [input, output] = [await makeTopic(4), await makeTopic(1)];
    const stream = open();
    const fenced: string[] = [];
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let holding = false;
    const first = copier(input, output, (batch) => {
      holding ||= batch.partition === 0;
      return batch.partition === 0 ? held : Promise.resolve();
    });
    const startedFirst = await runStage(first, open(), {
      observer: { ...silentObserver, fenced: (what) => fenced.push(what) },
    });
    running.push(startedFirst);
    await until(() => startedFirst.isReady());
    const values = Array.from({ length: 40 }, (_, index) => `value ${index}`);
    await stream.produce(
      values.map((value, index) => ({ topic: input, partition: index % 4, key: null, value: Buffer.from(value) })),
    );

    await until(() => holding);
    const second = copier(input, output);
    const startingSecond = copy(input, output, second);
    // The coordinator asks the first to join again while it still holds a batch.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    release();
    await startingSecond;

    await until(async () => new Set(await valuesOf(stream, output)).size === 40, pollMs);
    expect(fenced).toContain(`output of ${input}[0]`);
    const assigned = [...(first.resets.at(-1) ?? []), ...(second.resets.at(-1) ?? [])].map(
      ({ partition }) => partition,
    );
    expect(assigned.sort()).toEqual([0, 1, 2, 3]);
  });

  it('goes on after the broker was killed, without loss', async () => {
    const [input, output] = [await makeTopic(2), await makeTopic(1)];
    const stream = open();
    const stage = copier(input, output);
    const started = await copy(input, output, stage);
    const send = (value: string) => stream.produce([{ topic: input, key: value, value: Buffer.from(value) }]);
    await send('before');
    await until(() => stage.seen.includes('before'));

    await kafka.kill();
    const duringOutage = send('during').then(
      () => true,
      () => false,
    );
    await kafka.restart();
    if (!(await duringOutage)) await send('during');
    await send('after');

    await until(async () => (await valuesOf(stream, output)).includes('after'), pollMs);
    expect(new Set(await valuesOf(stream, output))).toEqual(new Set(['before', 'during', 'after']));
    expect(started.isReady()).toBe(true);
  });
});

describe('a stream over Kafka with SASL and TLS', () => {
  let kafka: KafkaPeer;
  beforeAll(async () => {
    kafka = await startKafka({ mode: 'secure', users: { admin: 'admin-secret' } });
  });
  afterAll(() => kafka.stop());

  it('authenticates with SCRAM, and says so when it is refused', async () => {
    const connection = { brokers: kafka.brokers, clientId: 'test', logger };
    const certificateAuthority = kafka.certificateAuthority ?? '';
    const good = { username: 'admin', password: 'admin-secret' };
    const stream = new KafkaStream({ ...connection, certificateAuthority, credentials: good });
    const bad = new KafkaStream({ ...connection, certificateAuthority, credentials: { ...good, password: 'wrong' } });
    await expect(stream.partitions('missing')).rejects.toMatchObject({ code: 'PLUMBLINE_STREAM_UNKNOWN_TOPIC' });
    await expect(bad.partitions('missing')).rejects.toMatchObject({ code: 'PLUMBLINE_STREAM_REFUSED' });
  });
});
