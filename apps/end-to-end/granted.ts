import type { IConstruct } from 'constructs';
import { ObjectStore } from '../../constructs';
import type { BucketAction } from '../../constructs/contracts';
import { KafkaTopics } from '../../constructs/streaming/kafka-topics';
import type { TopicAction } from './kafka-attempts';

/** Who may do what, as the constructs were told, before anything was made of it. */
export interface Granted {
  readonly users: readonly string[];
  readonly topics: readonly string[];
  readonly groups: readonly string[];
  readonly identities: readonly string[];
  readonly buckets: readonly string[];
  mayTopic(user: string, action: TopicAction, topic: string): boolean;
  mayGroup(user: string, group: string): boolean;
  mayBucket(identity: string, action: BucketAction, bucket: string): boolean;
}

/** The grants of topics and buckets below a construct. */
export function grantedIn(scope: IConstruct): Granted {
  const all = scope.node.findAll();
  const ofTopics = all
    .filter((each): each is KafkaTopics => each instanceof KafkaTopics)
    .flatMap(({ topics }) => topics)
    .flatMap(({ name, grants }) =>
      grants.map(({ workload, operation, group }) => ({ topic: name, user: workload.name, operation, group })),
    );
  const ofBuckets = all
    .filter((each): each is ObjectStore => each instanceof ObjectStore)
    .flatMap(({ buckets }) => buckets)
    .flatMap(({ name, grants }) =>
      grants.map(({ workload, actions }) => ({ bucket: name, identity: workload.name, actions })),
    );
  const sorted = (names: readonly string[]) => Array.from(new Set(names)).sort();
  const needed: Partial<Record<TopicAction, readonly string[]>> = {
    write: ['produce'],
    read: ['consume'],
    describe: ['produce', 'consume', 'describe'],
  };
  return {
    users: sorted(ofTopics.map(({ user }) => user)),
    topics: sorted(ofTopics.map(({ topic }) => topic)),
    groups: sorted(ofTopics.flatMap(({ group }) => group ?? [])),
    identities: sorted(ofBuckets.map(({ identity }) => identity)),
    buckets: sorted(ofBuckets.map(({ bucket }) => bucket)),
    mayTopic: (user, action, topic) =>
      ofTopics.some(
        (grant) =>
          grant.user === user &&
          grant.topic === topic &&
          (needed[action] ?? []).some((each) => each === grant.operation),
      ),
    mayGroup: (user, group) => ofTopics.some((grant) => grant.user === user && grant.group === group),
    mayBucket: (identity, action, bucket) =>
      ofBuckets.some(
        (grant) => grant.identity === identity && grant.bucket === bucket && grant.actions.includes(action),
      ),
  };
}
