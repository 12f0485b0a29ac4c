import type { KafkaAcl } from '@plumbline/contracts';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ResourcePatternTypes,
  type AclEntry,
  type Admin,
} from 'kafkajs';
import type { Logger } from 'pino';

const operations = {
  read: AclOperationTypes.READ,
  write: AclOperationTypes.WRITE,
  describe: AclOperationTypes.DESCRIBE,
  describeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
} as const satisfies Record<KafkaAcl['operations'][number], AclOperationTypes>;

/**
 * Gives users what they may do, and takes every other right, whoever has it: who was granted something once is not known any more. A
 * right in a group is one in the groups that are named after it, too: `<group>.read-<random>`, as which a worker reads a topic from its
 * beginning.
 *
 * @param kept users whose rights stay as they are
 */
export async function reconcileAcls(
  admin: Admin,
  wanted: readonly KafkaAcl[],
  kept: readonly string[],
  logger: Logger,
): Promise<void> {
  const entries = wanted.flatMap(entriesOf);
  const keys = new Set(entries.map(keyOf));
  const left = new Set(kept.map(principalOf));
  const present = (await presentEntries(admin)).filter(({ principal }) => !left.has(principal));
  const had = new Set(present.map(keyOf));
  const missing = entries.filter((entry) => !had.has(keyOf(entry)));
  const surplus = present.filter((entry) => !keys.has(keyOf(entry)));
  if (missing.length > 0) {
    await admin.createAcls({ acl: missing });
    logger.info({ rights: missing.map(readable) }, 'rights given');
  }
  if (surplus.length > 0) {
    await admin.deleteAcls({ filters: surplus.map((entry) => ({ ...entry })) });
    logger.info({ rights: surplus.map(readable) }, 'rights taken');
  }
}

function entriesOf({ user, resource, name, operations: allowed }: KafkaAcl): readonly AclEntry[] {
  const patterns =
    resource === 'group'
      ? [
          { resourceType: AclResourceTypes.GROUP, resourceName: name, resourcePatternType: literal },
          { resourceType: AclResourceTypes.GROUP, resourceName: `${name}.`, resourcePatternType: prefixed },
        ]
      : [{ resourceType: AclResourceTypes.TOPIC, resourceName: name, resourcePatternType: literal }];
  return patterns.flatMap((pattern) =>
    allowed.map((operation) => ({
      ...pattern,
      principal: principalOf(user),
      host: '*',
      operation: operations[operation],
      permissionType: AclPermissionTypes.ALLOW,
    })),
  );
}

function principalOf(user: string): string {
  return `User:${user}`;
}

const literal = ResourcePatternTypes.LITERAL;
const prefixed = ResourcePatternTypes.PREFIXED;

async function presentEntries(admin: Admin): Promise<readonly AclEntry[]> {
  const { resources } = await admin.describeAcls({
    resourceType: AclResourceTypes.ANY,
    resourcePatternType: ResourcePatternTypes.ANY,
    operation: AclOperationTypes.ANY,
    permissionType: AclPermissionTypes.ANY,
  });
  return resources.flatMap(({ acls, resourceType, resourceName, resourcePatternType }) =>
    acls.map((acl) => ({ ...acl, resourceType, resourceName, resourcePatternType })),
  );
}

function keyOf(entry: AclEntry): string {
  const { principal, host, operation, permissionType, resourceType, resourceName, resourcePatternType } = entry;
  return [principal, host, operation, permissionType, resourceType, resourcePatternType, resourceName].join('\n');
}

function readable({ principal, operation, resourceType, resourceName }: AclEntry): string {
  return `${principal} ${nameIn(AclOperationTypes, operation)} ${nameIn(AclResourceTypes, resourceType)} ${resourceName}`;
}

/** kafkajs has these as names of numbers only. */
function nameIn(names: Readonly<Record<string, unknown>>, value: number): string {
  return Object.keys(names).find((name) => names[name] === value) ?? String(value);
}
