import { topics as pipelineTopics, type RedpandaSettings, type TopicsJob } from '@plumbline/contracts';
import { ConfigResourceTypes, ConfigSource, Kafka, type Admin, type ITopicConfig } from 'kafkajs';
import type { Logger } from 'pino';
import { z } from 'zod';
import { kafkaConnection, kafkaSettings, parseEnvironment, type Environment } from '../config';
import { currently } from '../current';
import { toStreamError } from '../kafka/kafka-errors';
import { kafkaConfig, type KafkaConnection } from '../kafka/kafka-connection';
import { JobError } from './job-error';
import { reconcileAcls, usersGivenRights } from './kafka-acls';
import { readUsers, RedpandaAdmin } from './redpanda-admin';
import { ensureTieredProperties, tieredTopicConfig } from './redpanda-tiered-storage';
import { runJob, type JobOptions } from './run-job';

interface TopicSettings extends SaidTopic {
  /** Its settings by Kafka's names. */
  readonly config: Readonly<Record<string, string>>;
}
type SaidTopic = TopicsJob['topics'][number];

/** Preprocessing writes partition for partition. */
const equals = [pipelineTopics.traces.name, pipelineTopics.tracesPreprocessed.name] as const;

const fileSchema = z.object({
  topics: z.array(
    z.object({
      name: z.string().regex(/^[A-Za-z0-9._-]{1,249}$/),
      partitions: z.int().min(1).max(10_000),
      replicationFactor: z.int().min(1).max(15),
      cleanupPolicy: z.enum(['delete', 'compact']),
      retentionMs: z.int().min(-1),
      maxMessageBytes: z.int().min(1),
      logAppendTime: z.boolean(),
    }),
  ),
  acls: z
    .array(
      z.object({
        user: z.string().min(1),
        resource: z.enum(['topic', 'group']),
        name: z.string().min(1),
        operations: z.array(z.enum(['read', 'write', 'describe', 'describeConfigs'])),
      }),
    )
    .exactOptional(),
  keptUsers: z.array(z.string().min(1)).exactOptional(),
  prune: z.boolean().exactOptional(),
  redpanda: z
    .object({
      adminEndpoint: z.url({ protocol: /^https?$/ }),
      properties: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])),
      users: z.array(z.object({ name: z.string().min(1), directory: z.string().min(1) })),
      tieredStorage: z
        .object({ accessKeyDirectory: z.string().min(1).exactOptional(), restart: z.string().min(1) })
        .exactOptional(),
    })
    .exactOptional(),
}) satisfies z.ZodType<TopicsJob>;

/**
 * Makes the topics of a broker as the job file says: missing ones are created, partitions grow and never shrink, settings are set.
 * Settings that somebody else put on a topic stay. So does Redpanda's own, and what users may do, where the file says it. `traces` and `traces-preprocessed` end with equally many partitions.
 *
 * @returns the exit code
 */
export function runTopicsJob(environment: Environment, options?: JobOptions): Promise<number> {
  return runJob({ name: 'topics', file: fileSchema, reconcile: reconcileTopics }, environment, options);
}

async function reconcileTopics(job: TopicsJob, environment: Environment, logger: Logger): Promise<void> {
  const wanted = withEqualPartitions(withConfig(job), new Map());
  const connection = kafkaConnection(parseEnvironment(kafkaSettings, environment));
  const redpanda = job.redpanda && (await reconcileRedpanda(job.redpanda, connection, logger));
  const admin = new Kafka(kafkaConfig(connection, 'plumbline-job-topics', logger)).admin();
  try {
    await admin.connect();
    const present = await partitionCounts(admin);
    await createMissing(
      admin,
      wanted.filter(({ name }) => !present.has(name)),
      logger,
    );
    await growPartitions(admin, withEqualPartitions(wanted, present), present, logger);
    await setConfigs(admin, wanted, logger);
    await checkPartitions(admin, wanted);
    if (job.acls !== undefined) await reconcileUsers(admin, job.acls, job, redpanda, logger);
  } catch (error) {
    throw error instanceof JobError ? error : toStreamError(error, 'topics');
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** First, because without its properties a broker may refuse what comes next, and without its users everybody. */
async function reconcileRedpanda(
  { adminEndpoint, properties, users, tieredStorage }: RedpandaSettings,
  { credentials }: KafkaConnection,
  logger: Logger,
): Promise<RedpandaAdmin> {
  const admin = new RedpandaAdmin(new URL(adminEndpoint), credentials && currently(credentials));
  if (tieredStorage === undefined) await admin.ensureProperties(properties, logger);
  else await ensureTieredProperties(admin, properties, tieredStorage, logger);
  await admin.ensureUsers(await readUsers(users), logger);
  return admin;
}

/** Users go before their rights, by which it is known whose they are. Where none are to be made, the broker asks nobody who he is. */
async function reconcileUsers(
  admin: Admin,
  acls: NonNullable<TopicsJob['acls']>,
  { redpanda: settings, keptUsers: kept = [], prune = false }: TopicsJob,
  redpanda: RedpandaAdmin | undefined,
  logger: Logger,
): Promise<void> {
  const users = settings?.users.map(({ name }) => name) ?? [];
  if (users.length > 0)
    await redpanda?.removeUsers([...users, ...kept], prune ? 'all' : await usersGivenRights(admin), logger);
  await reconcileAcls(admin, acls, { kept, prune }, logger);
}

/** Raises the partitions of the topics that must have equally many to the most that one of them has or shall have. */
function withEqualPartitions(
  topics: readonly TopicSettings[],
  present: ReadonlyMap<string, number>,
): readonly TopicSettings[] {
  const isEqual = ({ name }: TopicSettings): boolean => equals.some((each) => each === name);
  const asked = new Set(topics.filter(isEqual).map(({ partitions }) => partitions));
  if (present.size === 0 && asked.size > 1) {
    const message = `${equals.join(' and ')} must have equally many partitions, not ${Array.from(asked).join(' and ')}`;
    throw new JobError('PLUMBLINE_JOB_TOPICS', message);
  }
  const most = Math.max(0, ...asked, ...equals.map((name) => present.get(name) ?? 0));
  return topics.map((topic) => (isEqual(topic) ? { ...topic, partitions: most } : topic));
}

async function createMissing(admin: Admin, missing: readonly TopicSettings[], logger: Logger): Promise<void> {
  if (missing.length === 0) return;
  const topics = missing.map((topic): ITopicConfig => ({
    topic: topic.name,
    numPartitions: topic.partitions,
    replicationFactor: topic.replicationFactor,
    configEntries: Object.entries(topic.config).map(([name, value]) => ({ name, value })),
  }));
  await admin.createTopics({ topics, waitForLeaders: true, timeout: 30_000 });
  logger.info({ topics: missing.map(({ name }) => name) }, 'created');
}

async function growPartitions(
  admin: Admin,
  wanted: readonly TopicSettings[],
  present: ReadonlyMap<string, number>,
  logger: Logger,
): Promise<void> {
  for (const { name, partitions } of wanted) {
    const count = present.get(name);
    if (count === undefined || count === partitions) continue;
    if (count > partitions) {
      logger.warn({ topic: name, has: count, wanted: partitions }, 'partitions never shrink, leaving them');
      continue;
    }
    await admin.createPartitions({ topicPartitions: [{ topic: name, count: partitions }] });
    logger.info({ topic: name, from: count, to: partitions }, 'partitions added');
  }
}

async function setConfigs(admin: Admin, wanted: readonly TopicSettings[], logger: Logger): Promise<void> {
  for (const topic of wanted) {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic.name }],
    });
    const entries = resources[0]?.configEntries ?? [];
    const valueOf = new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
    const changed = Object.entries(topic.config).filter(([name, value]) => valueOf.get(name) !== value);
    if (changed.length === 0) continue;
    // Altering replaces the whole set: what is left out falls back to the broker's default.
    const kept = entries.filter(
      ({ configSource, readOnly }) => configSource === ConfigSource.TOPIC_CONFIG && !readOnly,
    );
    const all = { ...Object.fromEntries(kept.map((entry) => [entry.configName, entry.configValue])), ...topic.config };
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: topic.name,
          configEntries: Object.entries(all).map(([name, value]) => ({ name, value })),
        },
      ],
    });
    logger.info({ topic: topic.name, settings: Object.fromEntries(changed) }, 'settings changed');
  }
}

async function checkPartitions(admin: Admin, wanted: readonly TopicSettings[]): Promise<void> {
  const counts = await partitionCounts(admin);
  const missing = wanted.filter(({ name, partitions }) => (counts.get(name) ?? 0) < partitions);
  if (missing.length > 0) {
    const names = missing.map(({ name }) => `${name} (${counts.get(name) ?? 0})`).join(', ');
    throw new JobError('PLUMBLINE_JOB_TOPICS', `not all partitions are there yet: ${names}`, { transient: true });
  }
  const [source, target] = equals.map((name) => counts.get(name));
  const bothWanted = equals.every((each) => wanted.some(({ name }) => name === each));
  if (bothWanted && source !== target) {
    const message = `${equals[0]} has ${source ?? 0} partitions and ${equals[1]} ${target ?? 0}; they must be equal`;
    throw new JobError('PLUMBLINE_JOB_TOPICS', message, { transient: true });
  }
}

async function partitionCounts(admin: Admin): Promise<ReadonlyMap<string, number>> {
  const { topics } = await admin.fetchTopicMetadata();
  return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
}

/** Topics of a job with their settings by Kafka's names, and by Redpanda's where they are in a bucket, too. */
export function withConfig({ topics, redpanda }: TopicsJob): readonly TopicSettings[] {
  const besides = redpanda?.tieredStorage && tieredTopicConfig;
  return topics.map((topic) => ({ ...topic, config: { ...configOf(topic), ...besides } }));
}

function configOf(topic: SaidTopic): Record<string, string> {
  return {
    'cleanup.policy': topic.cleanupPolicy,
    'retention.ms': String(topic.retentionMs),
    'max.message.bytes': String(topic.maxMessageBytes),
    'message.timestamp.type': topic.logAppendTime ? 'LogAppendTime' : 'CreateTime',
  };
}
