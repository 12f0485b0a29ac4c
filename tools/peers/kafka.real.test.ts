import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type EachMessagePayload, type KafkaConfig } from 'kafkajs';
import { CertificateAuthority } from './certificates';
import { dataDirectory } from './guard';
import { startKafka, type KafkaPeer } from './kafka';

function client(config: KafkaConfig): Kafka {
  return new Kafka({ ...config, logLevel: logLevel.NOTHING });
}

async function createTopic(kafka: Kafka, topic: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  await admin.disconnect();
}

async function produce(kafka: Kafka, topic: string, value: string): Promise<void> {
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ value }] });
  await producer.disconnect();
}

/** The values of the first messages of a topic. */
async function consume(kafka: Kafka, topic: string, count: number): Promise<readonly string[]> {
  const consumer = kafka.consumer({ groupId: `${topic}-readers` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const values: string[] = [];
  const eachMessage = ({ message }: EachMessagePayload) => {
    values.push(String(message.value));
    return Promise.resolve();
  };
  await consumer.run({ eachMessage });
  while (values.length < count) await sleep(50);
  await consumer.disconnect();
  return values;
}

describe('Apache Kafka', () => {
  let kafka: KafkaPeer;
  beforeAll(async () => {
    kafka = await startKafka();
  });
  afterAll(() => kafka.stop());

  it('gives back what was produced, also after it was killed', async () => {
    await createTopic(client(kafka.clientConfig()), 'traces');
    await produce(client(kafka.clientConfig()), 'traces', 'one');
    await kafka.kill();
    await kafka.restart();
    await produce(client(kafka.clientConfig()), 'traces', 'two');
    expect(await consume(client(kafka.clientConfig()), 'traces', 2)).toEqual(['one', 'two']);
  });

  it('makes no topic by itself', async () => {
    await expect(produce(client({ ...kafka.clientConfig(), retry: { retries: 1 } }), 'typo', 'x')).rejects.toThrow(
      'This server does not host this topic-partition',
    );
  });
});

describe('A secure Apache Kafka', () => {
  let kafka: KafkaPeer;
  beforeAll(async () => {
    kafka = await startKafka({ mode: 'secure', users: { detection: 'detection-password' } });
  });
  afterAll(() => kafka.stop());

  it('serves its super user over TLS', async () => {
    await createTopic(client(kafka.clientConfig()), 'traces');
    await produce(client(kafka.clientConfig()), 'traces', 'one');
    expect(await consume(client(kafka.clientConfig()), 'traces', 1)).toEqual(['one']);
  });

  it('denies a user whom no ACL allows', async () => {
    const config = { ...kafka.clientConfig('detection'), retry: { retries: 1 } };
    await expect(produce(client(config), 'traces', 'two')).rejects.toThrow(/authoriz/i);
  });

  it('refuses a wrong password', async () => {
    const { brokers, ...config } = kafka.clientConfig();
    const sasl = { mechanism: 'scram-sha-256', username: 'detection', password: 'wrong' } as const;
    const admin = client({ ...config, brokers, sasl, retry: { retries: 0 } }).admin();
    await expect(admin.connect()).rejects.toThrow(/authentication failed/i);
  });

  it('shows clients another certificate without a restart, also one that has expired, and after a restart still', async () => {
    const directory = await dataDirectory('authority');
    const authority = await CertificateAuthority.create(directory);
    const ca = [await readFile(authority.certificateFile, 'utf8')];
    const connect = async (): Promise<void> => {
      const admin = client({ ...kafka.clientConfig(), ssl: { ca }, retry: { retries: 0 } }).admin();
      await admin.connect().finally(() => admin.disconnect());
    };
    const names = ['DNS:localhost', 'IP:127.0.0.1'];
    await kafka.present(await authority.issue('expired', '/CN=localhost', names, -1));
    await expect(connect()).rejects.toThrow(/certificate has expired/);
    await kafka.present(await authority.issue('renewed', '/CN=localhost', names));
    await connect();
    await kafka.restart();
    await connect();
  });
});
