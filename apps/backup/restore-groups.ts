import type { Admin } from 'kafkajs';
import { BackupError } from './errors';
import type { GroupOffset } from './format';
import type { Report } from './report';

/**
 * Says how far groups have read, where they have not said so themselves: a group that went on after a restore is not set back by a second one.
 *
 * @throws {BackupError} if a group has members, who know better
 */
export async function restoreGroups(admin: Admin, positions: readonly GroupOffset[], report: Report): Promise<void> {
  const groups = Array.from(new Set(positions.map(({ group }) => group)));
  // Each joins its group for every topic, which takes a broker seconds.
  const outcomes = await Promise.allSettled(groups.map((group) => restoreGroup(admin, group, positions, report)));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

async function restoreGroup(
  admin: Admin,
  group: string,
  positions: readonly GroupOffset[],
  report: Report,
): Promise<void> {
  const ofGroup = positions.filter((each) => each.group === group);
  for (const topic of new Set(ofGroup.map((each) => each.topic))) {
    const [has] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    const read = new Set(has?.partitions.filter(({ offset }) => Number(offset) >= 0).map(({ partition }) => partition));
    const missing = ofGroup.filter((each) => each.topic === topic && !read.has(each.partition));
    if (missing.length === 0) continue;
    await refuseMembers(admin, group);
    const partitions = missing.map(({ partition, offset }) => ({ partition, offset: String(offset) }));
    await admin.setOffsets({ groupId: group, topic, partitions });
    report('offsets restored', { group, topic, partitions: partitions.length });
  }
}

async function refuseMembers(admin: Admin, group: string): Promise<void> {
  const { groups } = await admin.describeGroups([group]);
  const members = groups[0]?.members.length ?? 0;
  if (members === 0) return;
  const message = `group ${group} has ${members} members: stop the worker (kubectl scale --replicas=0) and restore again; records that were restored stay`;
  throw new BackupError('PLUMBLINE_BACKUP_TARGET', message);
}
