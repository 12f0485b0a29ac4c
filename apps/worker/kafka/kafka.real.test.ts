import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { startKafka, type KafkaPeer } from '@plumbline/tools/peers';
import { setTimeout as sleep } from 'node:timers/promises';
import { compressSync } from 'snappy';
import { text } from '../testing';
import { KafkaStream } from './kafka-stream';
import { KafkaUnderTest, silentLogger, valuesOf } from './kafka-under-test.testing';
import { compressXerial, registerSnappy } from './snappy-codec';

describe('a stream over Kafka', () => {
  let kafka: KafkaUnderTest;
  beforeAll(async () => {
    kafka = await KafkaUnderTest.start();
  });
  afterEach(() => kafka.release());
  afterAll(() => kafka.peer.stop());

  it('gives back keys, values, headers, times and tombstones as they were', async () => {
    const stream = kafka.open();
    const topic = await kafka.makeTopic(2);
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
    const stream = kafka.open();
    const topic = await kafka.makeTopic(1);
    const to = (partition: number, value: string) => ({ topic, partition, key: null, value: Buffer.from(value) });
    await stream.produce([to(0, 'before')]);
    await expect(stream.produce([to(0, 'beside'), to(1, 'too early')])).rejects.toMatchObject({
      message: expect.stringContaining(`topic ${topic} has no partition 1`) as string,
      transient: true,
    });
    await kafka.withAdmin((admin) => admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] }));
    await stream.produce([to(0, 'after'), to(1, 'new')]);
    expect((await valuesOf(stream, topic)).sort()).toEqual(['after', 'before', 'beside', 'new']);
  });

  it('has the append time of the broker where the topic says so', async () => {
    const stream = kafka.open();
    const topic = await kafka.makeTopic(1, { 'message.timestamp.type': 'LogAppendTime' });
    await stream.produce([{ topic, key: null, value: Buffer.from('a'), timestampMs: 1_000 }]);
    const times: number[] = [];
    await stream.readAll(topic, ({ timestampMs }) => times.push(timestampMs));
    expect(times[0]).toBeGreaterThan(1_600_000_000_000);
  });

  it.each([
    ['raw', (data: Buffer) => compressSync(data)],
    ['xerial', compressXerial],
  ])('reads Snappy in %s framing, which the broker accepted', async (_, compress) => {
    const stream = kafka.open();
    const topic = await kafka.makeTopic(1);
    const { CompressionCodecs } = await import('kafkajs');
    CompressionCodecs[CompressionTypes.Snappy] = () => ({
      compress: (encoder: { buffer: Buffer }) => Promise.resolve(compress(encoder.buffer)),
    });
    const producer = new Kafka({ brokers: [...kafka.peer.brokers], logLevel: logLevel.NOTHING }).producer();
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
    const stream = kafka.open();
    const topic = await kafka.makeTopic(1);
    const values = Array.from({ length: 20 }, (_, index) => `${index} ${'y'.repeat(40_000)}`);
    await stream.produce(values.map((value) => ({ topic, key: null, value: Buffer.from(value) })));
    expect(await valuesOf(stream, topic)).toEqual(values);
  });

  it('names topic and size of a record that the broker refuses, and goes on with the next', async () => {
    const stream = kafka.open();
    const topic = await kafka.makeTopic(1);
    const random = Buffer.from(Array.from({ length: 300_000 }, () => Math.floor(Math.random() * 256)));
    await expect(stream.produce([{ topic, key: null, value: random }])).rejects.toMatchObject({
      code: 'PLUMBLINE_STREAM_MESSAGE_TOO_LARGE',
      message: `a record of 300064 bytes is larger than topic ${topic} allows (max.message.bytes)`,
    });
    await stream.produce([{ topic, key: null, value: Buffer.from('small') }]);
    expect(await valuesOf(stream, topic)).toEqual(['small']);
  });

  it('knows the partitions of a topic, and when there is no such topic', async () => {
    const stream = kafka.open();
    expect(await stream.partitions(await kafka.makeTopic(3))).toBe(3);
    await expect(stream.partitions('missing')).rejects.toMatchObject({ code: 'PLUMBLINE_STREAM_UNKNOWN_TOPIC' });
    await expect(stream.readAll('missing', () => undefined)).rejects.toMatchObject({
      code: 'PLUMBLINE_STREAM_UNKNOWN_TOPIC',
    });
  });

  it('reads nothing of an empty topic', async () => {
    expect(await valuesOf(kafka.open(), await kafka.makeTopic(2))).toEqual([]);
  });

  it('reads partitions of a topic from a record time on', async () => {
    const stream = kafka.open();
    const topic = await kafka.makeTopic(3);
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
    const stream = kafka.open();
    const topic = await kafka.makeTopic(2);
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
      for (const node of kafka.peer.nodes) node.pause();
      resumed = sleep(4_000).then(() => kafka.peer.nodes.forEach((node) => node.resume()));
    });
    await resumed;
    expect(read.sort()).toEqual(values.sort());
  });
});

describe('a stream over Kafka with SASL and TLS', () => {
  let kafka: KafkaPeer;
  beforeAll(async () => {
    kafka = await startKafka({ mode: 'secure', users: { admin: 'admin-secret' } });
  });
  afterAll(() => kafka.stop());

  it('authenticates with SCRAM, and says so when it is refused', async () => {
    const connection = { brokers: kafka.brokers, clientId: 'test', logger: silentLogger };
    const certificateAuthority = kafka.certificateAuthority ?? '';
    const good = { username: 'admin', password: 'admin-secret' };
    const stream = new KafkaStream({ ...connection, certificateAuthority, credentials: good });
    const bad = new KafkaStream({ ...connection, certificateAuthority, credentials: { ...good, password: 'wrong' } });
    await expect(stream.partitions('missing')).rejects.toMatchObject({ code: 'PLUMBLINE_STREAM_UNKNOWN_TOPIC' });
    await expect(bad.partitions('missing')).rejects.toMatchObject({ code: 'PLUMBLINE_STREAM_UNAUTHENTICATED' });
  });
});
