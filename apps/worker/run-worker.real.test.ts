import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { freePort, startKafka, startS3, type KafkaPeer, type S3Peer } from '@plumbline/tools/peers';
import { Kafka, logLevel } from 'kafkajs';
import pino from 'pino';
import { KafkaStream } from './kafka/kafka-stream';
import { s3Client, type S3Connection } from './s3/s3-client';
import { S3ObjectStore } from './s3/s3-object-store';
import { text, until } from './testing';

describe('a worker', () => {
  let kafka: KafkaPeer;
  let s3: S3Peer;
  let connection: S3Connection;
  let stream: KafkaStream;
  let port: number;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    [kafka, s3, port] = await Promise.all([startKafka(), startS3(), freePort()]);
    connection = { endpoint: s3.endpoint, region: s3.region, credentials: s3.credentials, forcePathStyle: true };
    const client = s3Client(connection);
    await client.send(new CreateBucketCommand({ Bucket: 'copies' }));
    client.destroy();
    stream = new KafkaStream({ brokers: kafka.brokers, clientId: 'test', logger: pino({ level: 'silent' }) });
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await stream.close();
    await Promise.all([kafka.stop(), s3.stop()]);
  });

  function start(environment: Record<string, string> = {}) {
    const child = fork(join(__dirname, 'run-worker.testing.ts'), {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: {
        PATH: process.env.PATH,
        KAFKA_BROKERS: kafka.brokers.join(','),
        S3_ENDPOINT: s3.endpoint,
        S3_REGION: s3.region,
        S3_FORCE_PATH_STYLE: 'true',
        AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
        COPY_SUFFIX: '.txt',
        OPERATIONS_PORT: String(port),
        ...environment,
      },
    });
    children.push(child);
    let log = '';
    child.stdout?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
    return { child, exited, log: () => log };
  }

  async function ask(path: string): Promise<{ readonly status: number; readonly body: string }> {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: answer.status, body: await answer.text() };
    } catch {
      return { status: 0, body: '' };
    }
  }

  async function makeTopics(): Promise<void> {
    const admin = new Kafka({ ...kafka.clientConfig(), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({ topics: ['input', 'output'].map((topic) => ({ topic, numPartitions: 2 })) });
    await admin.disconnect();
  }

  it('waits for its topics, works, tells how it is, and ends in order on SIGTERM', async () => {
    const worker = start();
    await until(async () => (await ask('/readyz')).body.includes('there is no topic'));
    expect((await ask('/healthz')).status).toBe(200);

    await makeTopics();
    await until(async () => (await ask('/readyz')).status === 200);
    await stream.produce([{ topic: 'input', partition: 0, key: null, value: Buffer.from('hello') }]);
    await until(async () => (await ask('/metrics')).body.includes('plumbline_worker_commits_total{stage="copy"} 1'));
    const outputs: string[] = [];
    await stream.readAll('output', (record) => outputs.push(text(record)));
    expect(outputs).toEqual(['hello']);
    const store = new S3ObjectStore('copies', connection);
    expect(Buffer.from((await store.get('0.txt')) ?? []).toString()).toBe('hello');
    expect((await ask('/model')).body).toBe('{"version":"1"}');
    expect((await ask('/metrics')).body).toContain(
      'plumbline_worker_consumed_records_total{stage="copy",topic="input"} 1',
    );

    worker.child.kill('SIGTERM');
    expect(await worker.exited).toBe(0);
    expect(worker.log()).toContain('"msg":"stopped"');
    expect(worker.log()).not.toContain(s3.credentials.secretAccessKey);
  });

  it('says which settings cannot be used, and ends with 2', async () => {
    const worker = start({ COPY_SUFFIX: '', KAFKA_BROKERS: 'nowhere' });
    expect(await worker.exited).toBe(2);
    expect(worker.log()).toContain('KAFKA_BROKERS=\\"nowhere\\"');
  });
});
