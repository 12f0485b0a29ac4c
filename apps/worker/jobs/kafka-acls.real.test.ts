import type { KafkaAcl } from '@plumbline/contracts';
import { startKafka, type KafkaPeer } from '@plumbline/tools/peers';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
  type Admin,
} from 'kafkajs';
import { createLogger } from '../logging';
import { markTopic, reconcileAcls, usersGivenRights } from './kafka-acls';

describe('Rights of users', () => {
  const logger = createLogger('test', 'fatal');
  let kafka: KafkaPeer;
  let admin: Admin;
  beforeAll(async () => {
    kafka = await startKafka({ mode: 'secure', users: { reader: 'reader-password', other: 'other-password' } });
    admin = new Kafka({ ...kafka.clientConfig(), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 1 }], waitForLeaders: true });
  });
  afterAll(async () => {
    await admin.disconnect();
    await kafka.stop();
  });

  const wanted: readonly KafkaAcl[] = [
    { user: 'reader', resource: 'topic', name: 'orders', operations: ['describe', 'read'] },
    { user: 'reader', resource: 'group', name: 'orders-group', operations: ['read'] },
  ];
  const rightOf = (user: string, operation: AclOperationTypes) => ({
    principal: `User:${user}`,
    host: '*',
    operation,
    permissionType: AclPermissionTypes.ALLOW,
    resourceType: AclResourceTypes.TOPIC,
    resourceName: 'orders',
    resourcePatternType: ResourcePatternTypes.LITERAL,
  });

  const named = (names: object, value: number) => Object.entries(names).find(([, each]) => each === value)?.[0];

  async function rights(): Promise<readonly string[]> {
    const { resources } = await admin.describeAcls({
      resourceType: AclResourceTypes.ANY,
      resourcePatternType: ResourcePatternTypes.ANY,
      operation: AclOperationTypes.ANY,
      permissionType: AclPermissionTypes.ANY,
    });
    return resources
      .flatMap(({ acls, resourceName, resourcePatternType }) =>
        acls.map(({ principal, operation }) =>
          [
            principal,
            named(AclOperationTypes, operation),
            resourceName,
            named(ResourcePatternTypes, resourcePatternType),
          ].join(' '),
        ),
      )
      .sort();
  }

  const readerRights = [
    'User:reader DESCRIBE orders LITERAL',
    `User:reader DESCRIBE ${markTopic} LITERAL`,
    'User:reader READ orders LITERAL',
    'User:reader READ orders-group LITERAL',
    'User:reader READ orders-group. PREFIXED',
  ];
  const scope = { kept: ['kept'], prune: false };

  it('are given as granted, with groups that are named after a group, and taken from who is granted nothing any more', async () => {
    await reconcileAcls(admin, [...wanted, { ...wanted[0], user: 'other' } as KafkaAcl], scope, logger);
    expect(await usersGivenRights(admin)).toEqual(new Set(['other', 'reader']));
    await admin.createAcls({ acl: ['reader', 'other'].map((user) => rightOf(user, AclOperationTypes.WRITE)) });
    await reconcileAcls(admin, wanted, scope, logger);
    expect(await rights()).toEqual(readerRights);
    await reconcileAcls(admin, wanted, scope, logger);
    expect(await rights()).toEqual(readerRights);
  });

  it('that others gave are left, and told of, unless it is to prune', async () => {
    const warned: unknown[] = [];
    const telling = Object.assign(createLogger('test', 'fatal'), { warn: (details: unknown) => warned.push(details) });
    await admin.createAcls({ acl: ['by-hand', '*', 'kept'].map((user) => rightOf(user, AclOperationTypes.WRITE)) });
    await reconcileAcls(admin, wanted, scope, telling);
    expect(warned).toEqual([{ users: ['User:*', 'User:by-hand'] }]);
    expect(await rights()).toHaveLength(readerRights.length + 3);
    await reconcileAcls(admin, wanted, { ...scope, prune: true }, telling);
    expect(await rights()).toEqual(['User:kept WRITE orders LITERAL', ...readerRights]);
    expect(warned).toHaveLength(1);
  });

  it('let a user read in its groups, and in no other', async () => {
    const client = new Kafka({
      ...kafka.clientConfig('reader'),
      retry: { retries: 3, initialRetryTime: 50 },
      logLevel: logLevel.NOTHING,
    });
    const reader = client.admin();
    await reader.connect();
    const offsetsOf = (groupId: string) => reader.fetchOffsets({ groupId, topics: ['orders'] });
    for (const group of ['orders-group', 'orders-group.read-1']) expect(await offsetsOf(group)).toHaveLength(1);
    await expect(offsetsOf('orders-grouping')).rejects.toThrow();
    await reader.disconnect();
  });
});
