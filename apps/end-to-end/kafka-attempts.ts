import type { KafkaPeer } from '@plumbline/tools/peers';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ConfigResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
  type KafkaConfig,
} from 'kafkajs';
import Cluster, { type Broker } from 'kafkajs/src/cluster/index.js';
import { createLogger } from 'kafkajs/src/loggers/index.js';
import socketFactory from 'kafkajs/src/network/socketFactory.js';

/** What is tried with a topic; the first three may be granted to a worker, the others to none. */
export const topicActions = ['write', 'read', 'describe', 'describe-configs', 'alter', 'create', 'delete'] as const;
export type TopicAction = (typeof topicActions)[number];

/** A user as the broker sees it, one request at a time, so that each is answered by itself. */
export class KafkaAttempts {
  private readonly brokers = new Map<number, Broker>();

  private constructor(
    private readonly cluster: Cluster,
    private readonly leaders: ReadonlyMap<string, number>,
  ) {}

  /** @param admin who knows which broker leads what: a user with few rights is not told */
  static async as(config: KafkaConfig, kafka: KafkaPeer): Promise<KafkaAttempts> {
    const logger = createLogger({ level: logLevel.NOTHING, logCreator: () => () => undefined });
    const cluster = new Cluster({
      ...config,
      logger,
      socketFactory: socketFactory(),
      clientId: 'attempts',
      connectionTimeout: 5_000,
      authenticationTimeout: 10_000,
      metadataMaxAge: 300_000,
      retry: { retries: 0 },
    });
    await cluster.connect();
    await cluster.refreshMetadata();
    return new KafkaAttempts(cluster, await leadersOf(kafka));
  }

  close(): Promise<void> {
    return this.cluster.disconnect();
  }

  /**
   * Whether the broker refuses it for want of a right. Nothing is left behind by what it allows: a record is for a partition that there
   * is none of, and settings and topics are only validated.
   */
  async isRefused(action: TopicAction, topic: string): Promise<boolean> {
    const broker = await this.leaderOf(topic);
    const partition = { partition: 0, currentLeaderEpoch: -1, fetchOffset: '0', maxBytes: 1_000 };
    const resource = { type: ConfigResourceTypes.TOPIC, name: topic };
    const messages = [{ key: null, value: Buffer.from('forged'), timestamp: Date.now(), headers: {} }];
    const attempts: Readonly<Record<TopicAction, () => Promise<unknown>>> = {
      write: () => broker.produce({ topicData: [{ topic, partitions: [{ partition: 9_999, messages }] }] }),
      read: () =>
        broker.fetch({
          replicaId: -1,
          isolationLevel: 1,
          maxWaitTime: 1,
          minBytes: 0,
          topics: [{ topic, partitions: [partition] }],
        }),
      describe: () =>
        broker.listOffsets({
          replicaId: -1,
          isolationLevel: 1,
          topics: [{ topic, partitions: [{ partition: 0, timestamp: -1 }] }],
        }),
      'describe-configs': () => broker.describeConfigs({ resources: [resource] }),
      alter: () =>
        broker.alterConfigs({
          resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: '1' }] }],
          validateOnly: true,
        }),
      create: () =>
        broker.createTopics({
          topics: [{ topic: `${topic}-forged`, numPartitions: 1, replicationFactor: 1 }],
          validateOnly: true,
        }),
      delete: () => broker.deleteTopics({ topics: [topic] }),
    };
    return refuses(attempts[action]);
  }

  /** Whether it may be a member of no such group. */
  async isRefusedGroup(groupId: string): Promise<boolean> {
    const broker = await this.broker(0);
    // Of a group that it may read in, a broker says that it knows no such member, or that another broker does.
    return refuses(() => broker.heartbeat({ groupId, groupGenerationId: 0, memberId: 'nobody' }));
  }

  /** Whether it may give nobody a right, not even itself. */
  async isRefusedRights(): Promise<boolean> {
    const broker = await this.broker(0);
    const acl = {
      principal: 'User:*',
      host: '*',
      operation: AclOperationTypes.READ,
      permissionType: AclPermissionTypes.ALLOW,
      resourceType: AclResourceTypes.TOPIC,
      resourceName: 'forged',
      resourcePatternType: ResourcePatternTypes.LITERAL,
    };
    return refuses(() => broker.createAcls({ acl: [acl] }));
  }

  private leaderOf(topic: string): Promise<Broker> {
    return this.broker(this.leaders.get(topic) ?? 0);
  }

  private async broker(nodeId: number): Promise<Broker> {
    const broker = this.brokers.get(nodeId) ?? (await this.cluster.findBroker({ nodeId: String(nodeId) }));
    this.brokers.set(nodeId, broker);
    return broker;
  }
}

/** Errors that say that somebody was let in, and found nothing. */
const harmless = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_MEMBER_ID',
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
]);

/** @throws any error that is neither a refusal nor harmless: it would say nothing of rights */
async function refuses(attempt: () => Promise<unknown>): Promise<boolean> {
  try {
    await attempt();
    return false;
  } catch (error) {
    const type = typeOf(error);
    if (/^(TOPIC|GROUP|CLUSTER)_AUTHORIZATION_FAILED$/.test(type)) return true;
    if (harmless.has(type)) return false;
    throw error;
  }
}

function typeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('type' in error && typeof error.type === 'string') return error.type;
  const parts: unknown = 'errors' in error ? error.errors : undefined;
  return Array.isArray(parts) ? typeOf(parts[0]) : '';
}

/** Who leads partition 0 of each topic. */
async function leadersOf(kafka: KafkaPeer): Promise<ReadonlyMap<string, number>> {
  const admin = new Kafka({ ...kafka.clientConfig(), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const { topics } = await admin.fetchTopicMetadata();
    return new Map(
      topics.map(({ name, partitions }) => [
        name,
        partitions.find(({ partitionId }) => partitionId === 0)?.leader ?? 0,
      ]),
    );
  } finally {
    await admin.disconnect();
  }
}
