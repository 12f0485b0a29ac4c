import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { downAlert } from '../core/down-alert';
import { consumerLag, freeDisk, unavailablePartitions } from './redpanda-queries';

/**
 * What of a Redpanda people should know.
 *
 * @param job its scrape job
 * @see https://docs.redpanda.com/25.1/reference/public-metrics-reference/
 */
export function redpandaAlerts(job: string): readonly Alert[] {
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
