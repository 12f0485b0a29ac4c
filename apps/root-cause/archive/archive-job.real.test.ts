import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { ArchiveJob } from '@plumbline/contracts';
import { startKafka, startS3, type KafkaPeer, type S3Peer } from '@plumbline/tools/peers';
import { decodeIncident, encodeIncident, type Incident } from '@plumbline/wire';
import { Kafka, logLevel } from 'kafkajs';
import { exampleIncident } from '../../wire/incident.testing';
import { runWith } from '../../worker/jobs/testing';
import { runArchiveJob } from './archive-job';

const job: ArchiveJob = {
  topic: 'incidents',
  group: 'archive-group',
  bucket: 'incident-archive',
  newerThanSeconds: 86_400,
};
const bucket = 'anomaly-data';

/** An incident that these traces show. */
function incidentOf(id: string, keys: readonly string[], changes: Partial<Incident> = {}): Incident {
  const example = exampleIncident({ id, publishedAtMs: Date.now(), ...changes });
  const [trace] = example.traces;
  if (trace === undefined) throw new Error('the example has a trace');
  return { ...example, traces: keys.map((key) => ({ ...trace, object: { bucket, key } })) };
}

describe('job archive', () => {
  let kafka: KafkaPeer;
  let s3: S3Peer;
  let client: S3Client;
  beforeAll(async () => {
    [kafka, s3] = await Promise.all([startKafka(), startS3()]);
    const { endpoint, region, credentials } = s3;
    client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    for (const Bucket of [bucket, job.bucket]) await client.send(new CreateBucketCommand({ Bucket }));
    for (const trace of ['a', 'b'])
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: `date=2026-01-24/service=web%2Fshop/trace_${trace}.parquet`,
          Body: trace,
        }),
      );
  });
  afterAll(async () => {
    client.destroy();
    await Promise.all([kafka.stop(), s3.stop()]);
  });

  const keyOf = (trace: string) => `date=2026-01-24/service=web%2Fshop/trace_${trace}.parquet`;
  const run = () =>
    runWith(runArchiveJob, job, {
      KAFKA_BROKERS: kafka.brokers.join(','),
      S3_ENDPOINT: s3.endpoint,
      S3_REGION: s3.region,
      S3_FORCE_PATH_STYLE: 'true',
      AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    });
  const archived = async () => {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: job.bucket }));
    return Contents.map(({ Key }) => Key);
  };
  const textOf = async (Key: string) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: job.bucket, Key }));
    return (await Body?.transformToString()) ?? '';
  };
  const publish = async (...values: readonly (Buffer | null)[]) => {
    const producer = new Kafka({ ...kafka.clientConfig(), logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    await producer.send({ topic: job.topic, messages: values.map((value) => ({ key: 'key', value })) });
    await producer.disconnect();
  };

  it('keeps each incident with its traces, in its newest revision, and says which are gone already', async () => {
    const admin = new Kafka({ ...kafka.clientConfig(), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: job.topic, numPartitions: 1 }] });
    await admin.disconnect();
    const old = incidentOf('0000000000ff', [keyOf('a')], { publishedAtMs: Date.now() - 2 * 86_400_000 });
    await publish(
      Buffer.from(encodeIncident(incidentOf('0000000000aa', [keyOf('a')], { revision: 1 }))),
      Buffer.from(encodeIncident(incidentOf('0000000000aa', [keyOf('a'), keyOf('b')], { revision: 2 }))),
      Buffer.from(encodeIncident(incidentOf('0000000000bb', [keyOf('gone')]))),
      Buffer.from(encodeIncident(incidentOf('0000000000cc', []))),
      Buffer.from('no incident'),
      Buffer.from(encodeIncident(old)),
      null,
    );
    const { code, log } = await run();
    expect(code).toBe(0);
    expect(log).toContain('"incidents":3,"traces":2,"gone":1,"known":3');
    expect(log).toContain('"records":1');
    expect(await archived()).toEqual([
      'incident=0000000000aa/incident.json',
      'incident=0000000000aa/trace_a.parquet',
      'incident=0000000000aa/trace_b.parquet',
      'incident=0000000000bb/incident.json',
      'incident=0000000000cc/incident.json',
    ]);
    expect(await textOf('incident=0000000000aa/trace_b.parquet')).toBe('b');
    expect(decodeIncident(Buffer.from(await textOf('incident=0000000000aa/incident.json')))).toMatchObject({
      revision: 2,
    });
  });

  it('copies nothing the second time, and what is new in a later revision', async () => {
    expect((await run()).log).toContain('"incidents":0,"traces":0,"gone":0');
    const resolved = incidentOf('0000000000aa', [keyOf('b')], { revision: 3, state: 'resolved' });
    await publish(Buffer.from(encodeIncident(resolved)));
    expect((await run()).log).toContain('"incidents":1,"traces":1,"gone":0');
    const text = await textOf('incident=0000000000aa/incident.json');
    expect(decodeIncident(Buffer.from(text))).toMatchObject({ revision: 3, state: 'resolved' });
  });
});
