import type { KafkaAcl } from '../contracts';
import { compareText } from '../core/content-hash';
import type { Topic } from '../core/topic';

/** What the grants of topics are as rights of users: nobody may do more. */
export function aclsOf(topics: readonly Topic[]): readonly KafkaAcl[] {
  const rights = new Map<string, { readonly acl: Omit<KafkaAcl, 'operations'>; readonly operations: Set<Operation> }>();
  const allow = (acl: Omit<KafkaAcl, 'operations'>, ...operations: readonly Operation[]): void => {
    const key = [acl.user, acl.resource, acl.name].join('\n');
    const right = rights.get(key) ?? { acl, operations: new Set<Operation>() };
    rights.set(key, right);
    for (const operation of operations) right.operations.add(operation);
  };
  for (const { name, grants } of topics) {
    for (const { workload, operation, group } of grants) {
      const topic = { user: workload.name, resource: 'topic', name } as const;
      if (operation === 'produce') allow(topic, 'write', 'describe');
      else if (operation === 'consume') allow(topic, 'read', 'describe');
      else if (operation === 'backup') allow(topic, 'read', 'describe', 'describeConfigs');
      else allow(topic, 'describe');
      const right = operation === 'describe' ? 'describe' : 'read';
      if (group !== undefined) allow({ user: workload.name, resource: 'group', name: group }, right);
    }
  }
  return Array.from(rights, ([key, { acl, operations }]) => ({
    key,
    acl: { ...acl, operations: Array.from(operations).sort(compareText) },
  }))
    .sort((a, b) => compareText(a.key, b.key))
    .map(({ acl }) => acl);
}

type Operation = KafkaAcl['operations'][number];
