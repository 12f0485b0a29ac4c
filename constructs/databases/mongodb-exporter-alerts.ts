import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { downAlert } from '../core/down-alert';
import { mongodbConnectionsUsed, mongodbQueue, mongodbReplicationLag } from './mongodb-exporter-queries';

/**
 * What of a MongoDB people should know, by its exporter.
 *
 * @param job scrape job of the exporter
 */
export function mongodbExporterAlerts(job: string): readonly Alert[] {
  const of = `job="${job}"`;
  return [
    downAlert('MongodbExporter', job, 'Nobody sees how its MongoDB is. The server itself may be well.'),
    {
      name: 'MongodbUnreachable',
      expr: `max by (job, instance) (mongodb_up{${of}}) == 0`,
      for: Duration.minutes(2),
      severity: 'critical',
      runbook: 'MongodbExporterDown',
      summary: 'The MongoDB of {{ $labels.job }} lets its exporter not in',
      description: 'It is down, takes no more connections, or refuses the user of the exporter.',
    },
    {
      name: 'MongodbConnectionsNearMaximum',
      expr: `${mongodbConnectionsUsed(of)} > 0.8`,
      for: Duration.minutes(5),
      severity: 'warning',
      summary: '{{ $value | humanizePercentage }} of the connections of the MongoDB of {{ $labels.job }} are taken',
      description:
        'When all are, whoever wants another gets an error: a pool is too large, or connections are not given back.',
    },
    {
      name: 'MongodbReplicaBehind',
      expr: `${mongodbReplicationLag(of)} > 30`,
      for: Duration.minutes(5),
      severity: 'warning',
      summary: '{{ $labels.member_idx }} is {{ $value | humanizeDuration }} behind its primary',
      description:
        'Who reads it reads what was. Once it is further behind than the oplog reaches, it has to be copied anew.',
    },
    {
      name: 'MongodbQueueLong',
      expr: `${mongodbQueue(of)} > 50`,
      for: Duration.minutes(5),
      severity: 'warning',
      summary: '{{ $value }} operations wait in the MongoDB of {{ $labels.job }}',
      description:
        'It is given more than it can do: a disk is slow, an index is missing, or one operation holds a lock.',
    },
  ];
}
