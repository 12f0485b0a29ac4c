import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { downAlert } from '../core/down-alert';
import { increase } from '../core/promql';
import {
  blockReadTime,
  blocksRead,
  cacheHits,
  connectionsUsed,
  replicationLag,
  statementTime,
} from './postgres-exporter-queries';

/** From when on something is worth telling. */
export interface PostgresThresholds {
  /** @default Duration.seconds(1) */
  readonly slowStatement?: Duration;
  /** @default Duration.minutes(1) */
  readonly maximumLag?: Duration;
}

/**
 * What of a PostgreSQL server people should know, by its exporter.
 *
 * @param job scrape job of the exporter
 */
export function postgresExporterAlerts(job: string, thresholds: PostgresThresholds = {}): readonly Alert[] {
  const of = `job="${job}"`;
  return [
    downAlert('PostgresExporter', job, 'Nobody sees how its PostgreSQL is. The server itself may be well.'),
    {
      name: 'PostgresUnreachable',
      expr: `pg_up{${of}} == 0`,
      for: Duration.minutes(2),
      severity: 'critical',
      runbook: 'PostgresExporterDown',
      summary: 'The PostgreSQL of {{ $labels.job }} lets its exporter not in',
      description:
        'It is down, takes no more connections, or refuses the role of the exporter. Who keeps state there may fail, too.',
    },
    {
      name: 'PostgresExporterBlind',
      expr: `pg_scrape_collector_success{${of}} == 0`,
      for: Duration.minutes(15),
      severity: 'warning',
      runbook: 'PostgresExporterDown',
      summary: '{{ $labels.job }} cannot read {{ $labels.collector }}',
      description: 'A right, an extension or a view is missing at the server. Alerts and panels of it show nothing.',
    },
    ...usageAlerts(of),
    ...statementAlerts(of, thresholds),
    ...storageAlerts(of, thresholds),
  ];
}

function usageAlerts(of: string): readonly Alert[] {
  return [
    {
      name: 'PostgresConnectionsNearMaximum',
      expr: `${connectionsUsed(of)} > 0.8`,
      for: Duration.minutes(5),
      severity: 'warning',
      summary: '{{ $value | humanizePercentage }} of the connections of the PostgreSQL of {{ $labels.job }} are taken',
      description:
        'When all are, whoever wants another gets an error: a pool is too large, or connections are not given back.',
    },
    {
      name: 'PostgresDeadlocks',
      expr: `${increase(`pg_stat_database_deadlocks{${of}}`, '15m', 'job', 'instance', 'datname')} > 0`,
      for: Duration.minutes(1),
      severity: 'warning',
      summary: 'Transactions in {{ $labels.datname }} waited for each other',
      description: 'The server ended one of them for each deadlock. Programs take the same rows in different orders.',
    },
  ];
}

function statementAlerts(of: string, { slowStatement = Duration.seconds(1) }: PostgresThresholds): readonly Alert[] {
  return [
    {
      name: 'PostgresStatementsSlow',
      expr: `${statementTime(of, '5m')} > ${slowStatement.toSeconds({ integral: false })}`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: 'A statement of {{ $labels.user }} in {{ $labels.datname }} takes {{ $value | humanizeDuration }}',
      description:
        'In the mean of five minutes. `pg_stat_statements` has its text, by the queryid {{ $labels.queryid }}.',
    },
    {
      name: 'PostgresTransactionOld',
      expr: `pg_long_running_transactions_oldest_timestamp_seconds{${of}} > 3600`,
      for: Duration.minutes(5),
      severity: 'warning',
      runbook: 'PostgresStatementsSlow',
      summary: 'A transaction is open for {{ $value | humanizeDuration }} in the PostgreSQL of {{ $labels.job }}',
      description: 'What it sees is not cleaned up, so tables grow, and locks that it has are not given back.',
    },
  ];
}

function storageAlerts(of: string, { maximumLag = Duration.minutes(1) }: PostgresThresholds): readonly Alert[] {
  return [
    {
      name: 'PostgresCacheHitsLow',
      expr: `${cacheHits(of, '15m')} < 0.9\nand\n${blocksRead(of, '15m')} > 100`,
      for: Duration.minutes(15),
      severity: 'warning',
      runbook: 'PostgresStorageSlow',
      summary: 'Of {{ $labels.datname }} only {{ $value | humanizePercentage }} of the blocks were in memory',
      description: 'What is asked for often does not fit in `shared_buffers`, or statements read whole tables.',
    },
    {
      name: 'PostgresStorageSlow',
      expr: `${blockReadTime(of, '5m')} > 0.02\nand\n${blocksRead(of, '5m')} > 1`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: 'A block of {{ $labels.datname }} takes {{ $value | humanizeDuration }} to be read',
      description:
        'Disks answer within a few milliseconds. Until this one does, everything that is not in memory waits.',
    },
    {
      name: 'PostgresReplicaBehind',
      expr: `(${replicationLag(of)}) > ${maximumLag.toSeconds()}`,
      for: Duration.minutes(5),
      severity: 'warning',
      summary: 'The replica of {{ $labels.job }} is {{ $value | humanizeDuration }} behind',
      description: 'Who reads it reads what was, and if it took over now, what came since would be lost.',
    },
  ];
}
