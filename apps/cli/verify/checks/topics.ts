import { ConfigResourceTypes, type Admin } from 'kafkajs';
import { count, failed, passed, type Check } from '../check';
import { expectedTopics, type ExpectedTopic } from '../expected';

export const topics: Check = {
  name: 'topics',
  claim: 'all topics are there, with partitions and retention as rendered',
  why: 'workers wait for a topic that is missing; too few partitions are too few readers, another retention loses or keeps too much',
  async run({ rendered, servers }) {
    const { items, workload } = expectedTopics(rendered);
    const kafka = await servers.kafka();
    const details = await kafka.administer(async (admin) => {
      const { topics: present } = await admin.fetchTopicMetadata();
      const differences: string[] = [];
      for (const expected of items) {
        const found = present.find(({ name }) => name === expected.name);
        if (found === undefined) differences.push(`${expected.name} is not there`);
        else {
          const replicas = found.partitions[0]?.replicas.length ?? 0;
          const shape = { partitions: found.partitions.length, replicas };
          differences.push(...shapeDifferences(expected, shape), ...(await settingDifferences(admin, expected)));
        }
      }
      return differences;
    });
    if (details.length === 0)
      return passed(`${count(items.length, 'topic')}: ${items.map(({ name }) => name).join(', ')}`);
    const { name, namespace } = workload.metadata;
    return failed(
      `${count(details.length, 'difference')} from what is rendered`,
      `delete job ${namespace}/${name} and apply it again: it makes topics and sets their settings`,
      details,
    );
  },
};

/** More partitions than rendered are well: they grow and never shrink. */
function shapeDifferences(
  { name, partitions, replicationFactor }: ExpectedTopic,
  has: { readonly partitions: number; readonly replicas: number },
): readonly string[] {
  const differences: string[] = [];
  if (has.partitions < partitions) differences.push(`${name} has ${has.partitions} partitions, not ${partitions}`);
  if (has.replicas < replicationFactor)
    differences.push(`${name} has ${has.replicas} replicas, not ${replicationFactor}`);
  return differences;
}

async function settingDifferences(admin: Admin, topic: ExpectedTopic): Promise<readonly string[]> {
  const wanted = {
    'cleanup.policy': topic.cleanupPolicy,
    'retention.ms': String(topic.retentionMs),
    'max.message.bytes': String(topic.maxMessageBytes),
    'message.timestamp.type': topic.logAppendTime ? 'LogAppendTime' : 'CreateTime',
  };
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic.name }],
  });
  const entries = resources[0]?.configEntries ?? [];
  const values = new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
  return Object.entries(wanted).flatMap(([setting, value]) => {
    const has = values.get(setting);
    return has === value ? [] : [`${topic.name} has ${setting}=${has ?? 'unset'}, not ${value}`];
  });
}
