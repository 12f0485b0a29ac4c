import { startKafka, startS3, type KafkaPeer, type S3Peer } from '@plumbline/tools/peers';
import { readOffsets, type KafkaConnection } from '@plumbline/worker';
import { ConfigResourceTypes, Kafka, logLevel, type Admin, type Message } from 'kafkajs';
import pino from 'pino';
import { backUpTopics, countsOf, type BackUpTopicsOptions } from './backup-topics';
import { restoreTopics } from './restore-topics';
import { storedRecord, type StoredRecord } from './segment';
import { vaultIn } from './testing';
import type { Vault } from './vault';
import { verifySnapshot } from './verify';

const logger = pino({ level: 'silent' });

function connectionTo(peer: KafkaPeer): KafkaConnection {
  return { brokers: peer.brokers };
}

/** A broker as a test uses it. */
class Broker {
  readonly kafka: Kafka;
  private constructor(
    readonly peer: KafkaPeer,
    readonly admin: Admin,
    kafka: Kafka,
  ) {
    this.kafka = kafka;
  }

  static async start(): Promise<Broker> {
    const peer = await startKafka();
    const kafka = new Kafka({ ...peer.clientConfig(), logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    return new Broker(peer, admin, kafka);
  }

  make(topic: string, numPartitions: number, config: Record<string, string> = {}) {
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    return this.admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions, configEntries }] });
  }

  async send(topic: string, messages: readonly Message[]): Promise<void> {
    const producer = this.kafka.producer({ allowAutoTopicCreation: false });
    await producer.connect();
    await producer.send({ topic, messages: [...messages] });
    await producer.disconnect();
  }

  /** Of the first partition. */
  async deleteBefore(topic: string, offset: string): Promise<void> {
    // kafkajs deletes only of topics that it has heard of.
    await this.admin.fetchTopicOffsets(topic);
    await this.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset }] });
  }

  /** Records of a topic without their offsets, by partition, in order. */
  async read(topic: string): Promise<readonly (readonly Omit<StoredRecord, 'offset'>[])[]> {
    const offsets = await this.admin.fetchTopicOffsets(topic);
    const found: Omit<StoredRecord, 'offset'>[][] = offsets.map(() => []);
    const ranges = offsets.map(({ partition, low, high }) => ({ partition, from: Number(low), to: Number(high) }));
    await readOffsets(this.kafka, 'test', topic, ranges, (message, partition) => {
      const { offset: _, ...record } = storedRecord(message);
      found[partition]?.push(record);
    });
    return found;
  }

  async committed(groupId: string, topic: string): Promise<Record<number, number>> {
    const [found] = await this.admin.fetchOffsets({ groupId, topics: [topic] });
    return Object.fromEntries((found?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]));
  }

  async stop(): Promise<void> {
    await this.admin.disconnect();
    await this.peer.stop();
  }
}

describe('a backup of topics', () => {
  let from: Broker;
  let to: Broker;
  let s3: S3Peer;
  let vault: Vault;
  let number = 0;
  let topic = '';
  // Records may be deleted by hand only where the broker deletes any.
  const settings = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'max.message.bytes': '2097152' };

  beforeAll(async () => {
    [[from, to], s3] = await Promise.all([Promise.all([Broker.start(), Broker.start()]), startS3()]);
  });

  beforeEach(async () => {
    number += 1;
    topic = `state-${number}`;
    vault = await vaultIn(s3, `backups-${number}`);
    await from.make(topic, 3, settings);
  });

  afterEach(() => vault.bucket.close());

  afterAll(async () => {
    await Promise.all([from.stop(), to.stop(), s3.stop()]);
  });

  async function run(options: Partial<BackUpTopicsOptions> = {}) {
    const told: Readonly<Record<string, string | number>>[] = [];
    const made = await backUpTopics(vault, {
      ...{ source: connectionTo(from.peer), topics: [{ name: topic }], groups: ['group'], readAs: 'backup', logger },
      report: (_, about) => told.push(about),
      ...options,
    });
    return { made, told };
  }

  function restore() {
    return vault
      .read('topics')
      .then((snapshot) => restoreTopics(vault, snapshot, { target: connectionTo(to.peer), readAs: 'backup', logger }));
  }

  const messages: readonly Message[] = [
    { partition: 0, key: 'a', value: 'one', timestamp: '1700000000000', headers: { origin: ['x', 'y'], n: '1' } },
    { partition: 0, key: Buffer.from([0, 254]), value: Buffer.from([0, 255, 10, 13]), timestamp: '1700000000001' },
    { partition: 2, key: 'b', value: 'two', timestamp: '1700000000002' },
    { partition: 2, key: 'b', value: null, timestamp: '1700000000003' },
  ];

  it('brings back records with key, value, headers and time, in their partitions and order, once', async () => {
    await from.send(topic, messages);
    const { made } = await run();
    expect((await verifySnapshot(vault, made)).problems).toEqual([]);
    expect(await restore()).toEqual([{ topic, written: 4, present: 0 }]);
    const there = await to.read(topic);
    expect(there).toEqual(await from.read(topic));
    expect(there.map((partition) => partition.length)).toEqual([2, 0, 2]);
    expect(await restore()).toEqual([{ topic, written: 0, present: 4 }]);
    expect(await to.read(topic)).toEqual(there);
    const { resources } = await to.admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
    });
    const settings = resources[0]?.configEntries.map(({ configName, configValue }) => `${configName}=${configValue}`);
    expect(settings).toEqual(expect.arrayContaining(['cleanup.policy=delete', 'max.message.bytes=2097152']));
  });

  it('reads only what came since, and all of a topic that was made anew', async () => {
    await from.send(topic, messages);
    expect((await run()).told).toMatchObject([{ records: 4, new: 4 }]);
    await from.send(topic, [{ partition: 0, key: 'a', value: 'later' }]);
    expect((await run()).told).toMatchObject([{ records: 5, new: 1 }]);
    expect((await run()).told).toMatchObject([{ records: 5, new: 0 }]);
    await from.admin.deleteTopics({ topics: [topic] });
    await from.make(topic, 3);
    const more = Array.from({ length: 9 }, (_, at) => ({ partition: at % 3, key: 'new', value: `new ${at}` }));
    await from.send(topic, more);
    const { made, told } = await run();
    expect(told).toMatchObject([{ records: 9, new: 9 }]);
    expect(made.contents.map(countsOf)).toMatchObject([{ records: 9 }]);
  });

  it('says of groups how far they had read, in the new offsets, and does not set back one that went on', async () => {
    const first = Array.from({ length: 20 }, (_, at) => ({ partition: 0, key: `k${at}`, value: `${at}` }));
    await from.send(topic, first);
    await from.deleteBefore(topic, '5');
    await from.admin.setOffsets({ groupId: 'group', topic, partitions: [{ partition: 0, offset: '12' }] });
    await run();
    await restore();
    // Of offsets 5 to 19 the one at 12 is the eighth.
    expect(await to.committed('group', topic)).toMatchObject({ 0: 7, 1: -1 });
    await to.admin.setOffsets({ groupId: 'group', topic, partitions: [{ partition: 0, offset: '9' }] });
    await restore();
    expect(await to.committed('group', topic)).toMatchObject({ 0: 9 });
  });

  it('goes on where an interrupted restore ended, and refuses a partition that holds something else', async () => {
    await from.send(topic, messages);
    await run();
    await to.make(topic, 3, settings);
    await to.send(topic, messages.slice(0, 1));
    expect(await restore()).toEqual([{ topic, written: 3, present: 1 }]);
    expect(await to.read(topic)).toEqual(await from.read(topic));

    await to.admin.deleteTopics({ topics: [topic] });
    await to.make(topic, 3);
    await to.send(topic, [{ partition: 2, key: 'x', value: 'of somebody else' }]);
    await expect(restore()).rejects.toThrow(
      `topic ${topic}, partition 2 holds at offset 0 something that is not of this backup`,
    );
    await to.admin.deleteTopics({ topics: [topic] });
    await to.make(topic, 1);
    await expect(restore()).rejects.toThrow('has 1 partitions and had 3');
  });

  it('takes records that the broker compacted since they were restored for there', async () => {
    await from.send(topic, messages);
    await run();
    await restore();
    // What compaction leaves: later offsets, of which earlier ones are gone.
    await to.deleteBefore(topic, '1');
    expect(await restore()).toEqual([{ topic, written: 0, present: 4 }]);
  });

  it('keeps of a topic with a window only what is young enough', async () => {
    await from.make(`${topic}-raw`, 1);
    const now = Date.now();
    const old = { partition: 0, value: 'old', timestamp: String(now - 7_200_000) };
    await from.send(`${topic}-raw`, [old, { partition: 0, value: 'young', timestamp: String(now) }]);
    const { told } = await run({ topics: [{ name: `${topic}-raw`, windowMs: 3_600_000 }] });
    expect(told).toMatchObject([{ records: 1 }]);
  });

  it('does not count where a topic is missing, or lost everything', async () => {
    await from.send(topic, messages);
    await run();
    await from.admin.deleteTopics({ topics: [topic] });
    await expect(run()).rejects.toThrow(`there is no topic ${topic}`);
    await from.make(topic, 3);
    await expect(run()).rejects.toThrow(`topic ${topic} is empty and was not`);
    expect((await vault.read('topics')).contents.map(countsOf)).toMatchObject([{ records: 4 }]);
  });

  it('names records that were changed in the backup, and restores no more of the partition', async () => {
    await from.send(topic, messages);
    const { made } = await run();
    for await (const { key } of vault.bucket.list('test/topics/data/'))
      await vault.bucket.put(key, Buffer.from('changed'));
    const { problems } = await verifySnapshot(vault, made);
    expect(problems).toContainEqual(expect.stringContaining(`(topic ${topic}, partition 0, records 0 to 1)`));
    await expect(restore()).rejects.toThrow(`(topic ${topic}, partition 0, records 0 to 1) is not what was written`);
  });
});
