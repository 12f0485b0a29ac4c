import { rate, ratio } from '../core/promql';

/* What alerts and the dashboard ask of mongodb_exporter, of series that a selector `of` chooses, over a range. */

const connections = (of: string, kind: string) =>
  `sum by (job, instance) (mongodb_ss_connections{${of}, conn_type="${kind}"})`;

/** Share of the connections that a member takes, that are taken. */
export function mongodbConnectionsUsed(of: string): string {
  const current = connections(of, 'current');
  return ratio(current, `(${current} + ${connections(of, 'available')})`);
}

/** By how many seconds each secondary is behind the primary, as the member that is asked sees it. */
export function mongodbReplicationLag(of: string): string {
  const written = (by: string, state: string) =>
    `max by (${by}) (mongodb_rs_members_optimeDate{${of}, member_state="${state}"})`;
  const [primary, secondary] = [written('job, instance', 'PRIMARY'), written('job, instance, member_idx', 'SECONDARY')];
  return `(\n${primary}\n- on (job, instance) group_right ()\n${secondary}\n) / 1000`;
}

/** Operations that wait for a lock. */
export function mongodbQueue(of: string, ...by: readonly string[]): string {
  return `sum by (${['job', 'instance', ...by].join(', ')}) (mongodb_ss_globalLock_currentQueue{${of}, count_type=~"readers|writers"})`;
}

/** Mean time of an operation, seconds, by whether it reads, writes, or is a command. */
export function mongodbOperationTime(of: string, range: string): string {
  const each = (what: string) => rate(`mongodb_ss_opLatencies_${what}{${of}}`, range, 'op_type');
  return ratio(each('latency'), `(1000000 * ${each('ops')})`);
}
