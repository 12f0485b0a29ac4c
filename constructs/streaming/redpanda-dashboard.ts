import type { Dashboard } from '../core/dashboard';
import { quantile, rate } from '../core/promql';
import {
  dashboard,
  folders,
  ownTitle,
  ownUid,
  promql,
  rateRange,
  row,
  stat,
  table,
  timeseries,
  type Row,
} from '../dashboards';
import { brokersThatAnswer, consumerLag, freeDisk, replicasBehind, unavailablePartitions } from './redpanda-queries';

/**
 * The brokers, and who is behind on what.
 *
 * @param job its scrape job, which is also its name
 * @param members brokers of its cluster
 * @see https://docs.redpanda.com/25.1/reference/public-metrics-reference/
 */
export function redpandaDashboard(job: string, members = 1): Dashboard {
  const of = `job="${job}"`;
  return dashboard({
    uid: ownUid(job),
    title: ownTitle('Redpanda', 'redpanda', job),
    folder: folders.platform,
    description:
      'Whether brokers take records and give them out, how full their disks are, and which consumer group is behind.',
    rows: [atAGlance(of, members), groups(of), traffic(of), brokers(of)],
  });
}

function atAGlance(of: string, members: number): Row {
  return row(
    'At a glance',
    stat({
      title: 'Brokers',
      description: 'Brokers that are members of the cluster.',
      unit: 'short',
      query: promql(`max(redpanda_cluster_brokers{${of}})`),
    }),
    ...(members > 1 ? [missing(of, members)] : []),
    stat({
      title: 'Partitions without leader',
      description: 'Nobody can write to them or read them.',
      unit: 'short',
      query: promql(unavailablePartitions(of)),
      thresholds: { bad: 1 },
    }),
    stat({
      title: 'Fullest disk',
      description: 'Share that is used. As soon as a twentieth is left, the broker refuses producers.',
      unit: 'percentunit',
      query: promql(`1 - min(${freeDisk(of)})`),
      thresholds: { warn: 0.75, bad: 0.85 },
    }),
    stat({
      title: 'Records not read',
      description: 'By all consumer groups together.',
      unit: 'short',
      query: promql(`sum(${consumerLag(of)})`),
      none: 'no groups',
    }),
  );
}

function missing(of: string, members: number) {
  return stat({
    title: 'Brokers that do not answer',
    description: 'Of one, nobody waits. As soon as they are half or more, partitions cannot be written to.',
    unit: 'short',
    query: promql(`${members} - ${brokersThatAnswer(of)}`),
    thresholds: { warn: 1, bad: 2 },
  });
}

function groups(of: string): Row {
  return row(
    'Consumer groups',
    timeseries({
      title: 'Lag',
      description:
        'Records of a topic that a group has not read. It should come back to nearly nothing; what rises and rises is read more slowly than it is written.',
      unit: 'short',
      queries: [promql(consumerLag(of), { legend: '{{redpanda_group}} on {{redpanda_topic}}' })],
      values: true,
    }),
    timeseries({
      title: 'Members',
      description: 'Consumers of each group. None: nobody reads, and its lag grows.',
      unit: 'short',
      queries: [
        promql(`sum by (redpanda_group) (redpanda_kafka_consumer_group_consumers{${of}})`, {
          legend: '{{redpanda_group}}',
        }),
      ],
    }),
    table({
      title: 'Groups by topic',
      description:
        'Lag, and how long it takes to read it if nothing more came: by the rate at which offsets were committed.',
      labels: { redpanda_group: 'Group', redpanda_topic: 'Topic' },
      values: [
        { title: 'Lag', query: promql(consumerLag(of)), unit: 'short', thresholds: { warn: 1000 } },
        { title: 'Read', query: promql(readRate(of)), unit: 'cps' },
        { title: 'Time to read', query: promql(`${consumerLag(of)} / (${readRate(of)} > 0)`), unit: 's' },
      ],
    }),
  );
}

/** Offsets that groups commit in a second. A group that starts again at the beginning is not counted below nothing. */
function readRate(of: string): string {
  const committed = `redpanda_kafka_consumer_group_committed_offset{${of}}`;
  return `sum by (redpanda_group, redpanda_topic) (clamp_min(deriv(${committed}[5m]), 0))`;
}

function traffic(of: string): Row {
  const bytes = (request: string) =>
    rate(`redpanda_kafka_request_bytes_total{${of}, redpanda_request="${request}"}`, rateRange, 'redpanda_topic');
  const latency = (request: string) =>
    promql(
      quantile(0.99, `redpanda_kafka_request_latency_seconds_bucket{${of}, redpanda_request="${request}"}`, rateRange),
      { legend: request },
    );
  return row(
    'Traffic',
    timeseries({
      title: 'Written',
      description: 'Bytes that producers write, by topic.',
      unit: 'binBps',
      queries: [promql(bytes('produce'), { legend: '{{redpanda_topic}}' })],
      stacked: true,
      width: 8,
    }),
    timeseries({
      title: 'Read',
      description:
        'Bytes that consumers read, by topic. Every group reads all of its topics, so it is more than what is written.',
      unit: 'binBps',
      queries: [promql(bytes('consume'), { legend: '{{redpanda_topic}}' })],
      stacked: true,
      width: 8,
    }),
    timeseries({
      title: 'Request latency, p99',
      description:
        'From when a request reaches its partition to its answer. Of consume requests it has what they wait for records in it.',
      unit: 's',
      queries: [latency('produce'), latency('consume')],
      width: 8,
    }),
  );
}

function brokers(of: string): Row {
  return row(
    'Brokers',
    timeseries({
      title: 'CPU',
      description: 'Share of its cores that each broker is busy. Near 1, requests wait.',
      unit: 'percentunit',
      max: 1,
      queries: [
        promql(`avg by (instance) (rate(redpanda_cpu_busy_seconds_total{${of}}[${rateRange}]))`, {
          legend: '{{instance}}',
        }),
      ],
      thresholds: { warn: 0.9 },
      width: 8,
    }),
    timeseries({
      title: 'Memory that is left',
      description:
        'Free, or to be had from caches: a broker takes all memory it is given and uses what is left for them.',
      unit: 'bytes',
      queries: [promql(`sum by (instance) (redpanda_memory_available_memory{${of}})`, { legend: '{{instance}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Disk, free',
      description: 'Share of the volume. Retention frees it in whole segments.',
      unit: 'percentunit',
      max: 1,
      queries: [promql(freeDisk(of), { legend: '{{instance}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Replicas that are behind',
      description: 'Replicas that do not have the newest records of their leader. With one broker there are none.',
      unit: 'short',
      queries: [promql(replicasBehind(of), { legend: '{{redpanda_topic}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Changes of leader',
      description: 'Elections a second. Many of them: brokers do not hear of each other, or are too slow to answer.',
      unit: 'cps',
      queries: [
        promql(rate(`redpanda_raft_leadership_changes{${of}}`, rateRange, 'redpanda_topic'), {
          legend: '{{redpanda_topic}}',
        }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Errors of the RPC servers',
      description: 'Requests that failed, a second: of clients (kafka) and between brokers (internal).',
      unit: 'cps',
      queries: [
        promql(rate(`redpanda_rpc_request_errors_total{${of}}`, rateRange, 'redpanda_server'), {
          legend: '{{redpanda_server}}',
        }),
      ],
      width: 8,
    }),
  );
}
