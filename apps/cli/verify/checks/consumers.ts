import { consumerGroups, topics, workers, type WorkerName } from '@plumbline/contracts';
import type { Admin } from 'kafkajs';
import { count, failed, passed, VerifyError, type Check } from '../check';
import { patiently } from '../patience';

/**
 * The worker that commits as it reads, within seconds. The others go back over what they read after a restart, and commit minutes
 * later, or not at all while nothing new comes: that they read is seen by what they write.
 */
export const prompt: readonly (readonly [WorkerName, string])[] = [['preprocessing', topics.traces.name]];

/** Offsets of a topic, by partition. */
type Offsets = ReadonlyMap<number, number>;

export interface Lag {
  readonly worker: WorkerName;
  readonly topic: string;
  /** What is to be read, as it was at first. */
  readonly ends: Offsets;
  /** Records not read, at first. */
  readonly first: number;
}

export const consumers: Check = {
  name: 'consumers',
  claim: 'every worker is a member of its group, and the lag of preprocessing falls to 0',
  why: 'a lag that does not fall is a pipeline that tells of faults too late, or not at all',
  async run({ rendered, servers, sample, patienceMs, signal }) {
    const expected = workers.filter((worker) => rendered.withArgs('run', worker) !== undefined);
    if (expected.length === 0) {
      throw new VerifyError(`${rendered.directory} has no workers`, 'leave this check out by --skip consumers');
    }
    // Something to read, also where no application sends.
    await sample.send();
    const kafka = await servers.kafka();
    const lags = await kafka.administer((admin) =>
      Promise.all(prompt.filter(([worker]) => expected.includes(worker)).map((each) => look(admin, ...each))),
    );
    let details: readonly string[] = [];
    const allRead = await patiently(patienceMs, signal, async () => {
      details = await kafka.administer(async (admin) => [
        ...(await withoutMembers(admin, expected)),
        ...(await Promise.all(lags.map((lag) => behind(admin, lag)))).flat(),
      ]);
      return details.length === 0 ? true : undefined;
    });
    if (allRead === true) {
      const read = lags.map(({ worker, first }) => `${worker} lag ${first} to 0`);
      return passed([`${count(expected.length, 'group')} with members`, ...read].join(', '));
    }
    return failed(`after ${patienceMs / 1000} s`, 'look at the logs and at /metrics of these workers', details);
  },
};

/** How far a worker is with a topic. */
export async function look(admin: Admin, worker: WorkerName, topic: string): Promise<Lag> {
  const ends = new Map(
    (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, Number(high)] as const),
  );
  return { worker, topic, ends, first: await unread(admin, worker, topic, ends) };
}

async function behind(admin: Admin, { worker, topic, ends, first }: Lag): Promise<readonly string[]> {
  const left = await unread(admin, worker, topic, ends);
  return left === 0 ? [] : [`${worker} has not read ${left} of the ${first} records that it had to read of ${topic}`];
}

/** How much of what lies before these ends a group has not committed. */
export async function unread(admin: Admin, worker: WorkerName, topic: string, ends: Offsets): Promise<number> {
  const [committed] = await admin.fetchOffsets({ groupId: consumerGroups[worker], topics: [topic] });
  const starts = new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, low }) => [partition, Number(low)]));
  let left = 0;
  for (const [partition, end] of ends) {
    const offset = Number(committed?.partitions.find((each) => each.partition === partition)?.offset ?? -1);
    // Nothing committed: it begins with the oldest record that there is.
    left += Math.max(0, end - Math.max(offset, starts.get(partition) ?? 0));
  }
  return left;
}

/** A worker is in its group; each replica of the console is alone in one that is named after its group. */
export async function withoutMembers(admin: Admin, expected: readonly WorkerName[]): Promise<readonly string[]> {
  const present = (await admin.listGroups()).groups.map(({ groupId }) => groupId);
  const idsOf = (worker: WorkerName): readonly string[] => {
    const name = consumerGroups[worker];
    return present.filter((id) => id === name || id.startsWith(`${name}.`));
  };
  const { groups } = await admin.describeGroups(expected.flatMap(idsOf));
  const inhabited = new Set(groups.filter(({ members }) => members.length > 0).map(({ groupId }) => groupId));
  return expected.flatMap((worker) =>
    idsOf(worker).some((id) => inhabited.has(id)) ? [] : [`${worker} is no member of ${consumerGroups[worker]}`],
  );
}
