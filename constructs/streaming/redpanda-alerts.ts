import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { downAlert } from '../core/down-alert';
import {
  brokersThatAnswer,
  consumerLag,
  failedUploads,
  freeDisk,
  replicasBehind,
  unavailablePartitions,
} from './redpanda-queries';

/**
 * What of a Redpanda people should know.
 *
 * @param job its scrape job
 * @param brokers members of its cluster
 * @param tiered whether topics are in a bucket, too
 * @see https://docs.redpanda.com/25.1/reference/public-metrics-reference/
 */
export function redpandaAlerts(job: string, brokers = 1, tiered = false): readonly Alert[] {
  const of = `job="${job}"`;
  const lag = consumerLag(of);
  return [
    downAlert('Redpanda', job, 'Collectors keep what they cannot send, workers stand still, and no anomaly is found.'),
    {
      name: 'RedpandaDiskFilling',
      expr: `${freeDisk(of)} < 0.15`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: 'Of the disk of {{ $labels.instance }} only {{ $value | humanizePercentage }} are free',
      description: 'When as little is free as the broker is to keep (a twentieth of its volume), it refuses producers.',
    },
    {
      name: 'RedpandaRefusesProducers',
      // 1: low space; 2: degraded, nothing is written any more.
      expr: `redpanda_storage_disk_free_space_alert{${of}} > 0`,
      for: Duration.minutes(1),
      severity: 'critical',
      summary: 'The disk of {{ $labels.instance }} is full by Redpanda’s own measure',
      description:
        'The broker takes no records, or will soon not: what collectors hold for it is lost when their queues are full.',
    },
    {
      name: 'RedpandaPartitionsUnavailable',
      expr: `${unavailablePartitions(of)} > 0`,
      for: Duration.minutes(5),
      severity: 'critical',
      summary: '{{ $value }} partitions have no leader',
      description: 'Nobody can write to them or read them.',
    },
    ...(brokers > 1 ? clusterAlerts(of, brokers) : []),
    ...(tiered ? [uploadAlert(of)] : []),
    {
      name: 'ConsumerGroupBehind',
      // Behind, and not catching up: a restart that reads on is nothing to be told of.
      expr: `${lag} > 1000\nand\ndelta((${lag})[15m:1m]) >= 0`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: '{{ $labels.redpanda_group }} is {{ $value | humanize }} records behind on {{ $labels.redpanda_topic }}',
      description:
        'It reads more slowly than is written, or not at all: results come late, and records go unread when their retention ends.',
    },
  ];
}

/** Of a bucket that does not take what it is to hold. */
function uploadAlert(of: string): Alert {
  return {
    name: 'RedpandaUploadsFailing',
    // A store that is restarted, or slows its clients down for a moment, fails for less: uploads are tried again.
    expr: `${failedUploads(of)} > 0`,
    for: Duration.minutes(15),
    severity: 'warning',
    summary: 'Brokers of {{ $labels.job }} cannot put records into their bucket',
    description: 'What is not in the bucket stays on volumes, which fill; none of it is lost before they are full.',
  };
}

/** What there is to know of several: nobody waits yet, and would if one more were away. */
function clusterAlerts(of: string, brokers: number): readonly Alert[] {
  const answering = brokersThatAnswer(of);
  return [
    {
      name: 'RedpandaBrokersMissing',
      // A restart takes less. That none answers is another alert.
      expr: `${answering} < ${brokers} and ${answering} > 0`,
      for: Duration.minutes(5),
      severity: 'warning',
      summary: `{{ $value }} of ${brokers} brokers of {{ $labels.job }} answer`,
      description:
        'Records have a copy less than they should. Without one more broker, partitions cannot be written to.',
    },
    {
      name: 'RedpandaReplicasBehind',
      expr: `${replicasBehind(of)} > 0`,
      for: Duration.minutes(15),
      severity: 'warning',
      summary: '{{ $value }} replicas of {{ $labels.redpanda_topic }} are behind',
      description: 'What was acknowledged is on fewer brokers than it should be, and does not get to the others.',
    },
  ];
}
