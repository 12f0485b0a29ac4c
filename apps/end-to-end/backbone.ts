import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { buckets, topics, type TopicsJob, type TopicSpec } from '@plumbline/contracts';
import { startKafka, startS3, type KafkaPeer, type S3Peer } from '@plumbline/tools/peers';
import { KafkaStream } from '@plumbline/worker';
import { pino } from 'pino';
import { runJob, type Environment } from './plumbline';

/** A broker with the topics of the pipeline and an object store with its buckets. */
export interface Backbone {
  readonly kafka: KafkaPeer;
  readonly s3: S3Peer;
  /** Of the root account; for looking at what workers did. */
  readonly objects: S3Client;
  readonly stream: KafkaStream;
  /** What every worker is told. */
  readonly environment: Environment;
  stop(): Promise<void>;
}

/**
 * Starts Kafka and versitygw, and makes topics by the job that makes them in a cluster.
 *
 * @param brokers with three, each topic has three replicas
 */
export async function startBackbone(partitions: number, brokers: 1 | 3 = 1): Promise<Backbone> {
  const [kafka, s3] = await Promise.all([startKafka({ heapMegabytes: 384, brokers }), startS3()]);
  const environment: Environment = {
    KAFKA_BROKERS: kafka.brokers.join(','),
    S3_ENDPOINT: s3.endpoint,
    S3_REGION: s3.region,
    S3_FORCE_PATH_STYLE: 'true',
    AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    ANOMALY_BUCKET: buckets.anomalyData,
    MODEL_BUCKET: buckets.mlModels,
  };
  await runJob('topics', JSON.stringify(topicsJob(partitions, brokers)), environment);
  const { endpoint, region, credentials } = s3;
  const objects = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  for (const bucket of [buckets.anomalyData, buckets.mlModels]) {
    await objects.send(new CreateBucketCommand({ Bucket: bucket }));
  }
  const stream = openStream(kafka);
  return {
    kafka,
    s3,
    objects,
    stream,
    environment,
    stop: async () => {
      objects.destroy();
      await stream.close();
      await Promise.all([kafka.stop(), s3.stop()]);
    },
  };
}

/** A client of the test's own. */
export function openStream({ brokers }: Pick<KafkaPeer, 'brokers'>): KafkaStream {
  return new KafkaStream({ brokers, clientId: 'end-to-end', logger: pino({ level: 'silent' }) });
}

function topicsJob(partitions: number, replicationFactor: number): TopicsJob {
  return {
    topics: Object.values<TopicSpec>(topics).map(({ name, partitioning, cleanup, maxMessageBytes = 1_048_576 }) => ({
      name,
      partitions: partitioning === 'source' ? partitions : 1,
      replicationFactor,
      cleanupPolicy: cleanup,
      retentionMs: 86_400_000,
      maxMessageBytes,
      logAppendTime: name === topics.traces.name,
    })),
  };
}
