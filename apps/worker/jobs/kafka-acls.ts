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

/** Whose rights are touched. */
export interface AclScope {
  /** Users whose rights stay as they are. */
  readonly kept: readonly string[];
  /** Whether rights are taken also from who was never given any by {@link reconcileAcls}. */
  readonly prune: boolean;
}

/**
 * A right to nothing, which every user has that was given any here: so it is known later whose rights were, without anything else to keep
 * it in. There is no such topic, and who made one would let them see that it is there.
 */
export const markTopic = 'plumbline.rights-by-job';

/** Users that {@link reconcileAcls} has given rights to, also those of long ago. */
export async function usersGivenRights(admin: Admin): Promise<ReadonlySet<string>> {
  const marks = (await presentEntries(admin)).filter(isMark);
  return new Set(marks.map(({ principal }) => principal.slice(userPrefix.length)));
}

/**
 * Gives users what they may do, and takes every other right that they have, also from those who were given some here before and are not
 * among them any more. Rights of others are left alone, and told of. A right in a group is one in the groups that are named after it, too:
 * `<group>.read-<random>`, as which a worker reads a topic from its beginning.
 */
export async function reconcileAcls(
  admin: Admin,
  wanted: readonly KafkaAcl[],
  { kept, prune }: AclScope,
  logger: Logger,
): Promise<void> {
  const users = new Set(wanted.map(({ user }) => user));
  const entries = [...wanted.flatMap(entriesOf), ...Array.from(users, markOf)];
  const keys = new Set(entries.map(keyOf));
  const left = new Set(kept.map(principalOf));
  const present = (await presentEntries(admin)).filter(({ principal }) => !left.has(principal));
  const own = new Set([...Array.from(users, principalOf), ...present.filter(isMark).map(({ principal }) => principal)]);
  const had = new Set(present.map(keyOf));
  const missing = entries.filter((entry) => !had.has(keyOf(entry)));
  const surplus = present.filter((entry) => (prune || own.has(entry.principal)) && !keys.has(keyOf(entry)));
  const others = new Set(present.map(({ principal }) => principal).filter((each) => !prune && !own.has(each)));
  if (missing.length > 0) {
    await admin.createAcls({ acl: missing });
    logger.info({ rights: missing.map(readable) }, 'rights given');
  }
  if (surplus.length > 0) {
    await admin.deleteAcls({ filters: surplus.map((entry) => ({ ...entry })) });
    logger.info({ rights: surplus.map(readable) }, 'rights taken');
  }
  if (others.size > 0)
    logger.warn({ users: [...others].sort() }, 'rights that others gave are left: keep these users by name, or prune');
}

function markOf(user: string): AclEntry {
  return {
    principal: principalOf(user),
    host: '*',
    operation: operations.describe,
    permissionType: AclPermissionTypes.ALLOW,
    resourceType: AclResourceTypes.TOPIC,
    resourceName: markTopic,
    resourcePatternType: literal,
  };
}

function isMark({ resourceType, resourceName }: AclEntry): boolean {
  return resourceType === AclResourceTypes.TOPIC && resourceName === markTopic;
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
  return `${userPrefix}${user}`;
}

const userPrefix = 'User:';

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
