import type { AlertCase, TestSeries } from '../core/alert-case.testing';

const at = 'job="postgres-exporter", instance="10.0.0.7:9187"';
const labels = { job: 'postgres-exporter', instance: '10.0.0.7:9187', severity: 'warning' };
const shop = { ...labels, datname: 'shop' };
const ofShop = `${at}, datname="shop"`;
const series = (name: string, values: string): TestSeries => ({ [`${name}{${at}}`]: values });

const connections = (taken: number): TestSeries => ({
  [`pg_stat_database_numbackends{${ofShop}}`]: `${taken}x60`,
  [`pg_stat_database_numbackends{${at}, datname="postgres"}`]: '1x60',
  [`pg_settings_max_connections{${at}, server="postgres:5432"}`]: '100x60',
});
/** Twice a minute. */
const statement = (seconds: number): TestSeries => {
  const of = `${ofShop}, user="shop", queryid="42"`;
  return {
    [`pg_stat_statements_seconds_total{${of}}`]: `0+${2 * seconds}x60`,
    [`pg_stat_statements_calls_total{${of}}`]: '0+2x60',
  };
};
/** In a minute. */
const blocks = (hit: number, read: number): TestSeries => ({
  [`pg_stat_database_blks_hit{${ofShop}}`]: `0+${hit}x60`,
  [`pg_stat_database_blks_read{${ofShop}}`]: `0+${read}x60`,
});
/** For each of the six hundred blocks that are read in a minute. */
const waited = (milliseconds: number): TestSeries => ({
  ...blocks(60_000, 600),
  [`pg_stat_database_blk_read_time{${ofShop}}`]: `0+${600 * milliseconds}x60`,
});
const behind = (seconds: number, isReplica = 1): TestSeries => ({
  ...series('pg_replication_lag_seconds', `${seconds}x60`),
  ...series('pg_replication_is_replica', `${isReplica}x60`),
});

export const postgresExporterAlertCases: readonly AlertCase[] = [
  {
    alert: 'PostgresExporterDown',
    fires: series('up', '0x60'),
    silent: series('up', '1x60'),
    labels: { job: 'postgres-exporter', severity: 'critical' },
  },
  {
    alert: 'PostgresUnreachable',
    fires: series('pg_up', '0x60'),
    silent: series('pg_up', '1x60'),
    labels: { ...labels, severity: 'critical' },
  },
  {
    alert: 'PostgresExporterBlind',
    fires: { [`pg_scrape_collector_success{${at}, collector="stat_statements"}`]: '0x60' },
    silent: { [`pg_scrape_collector_success{${at}, collector="stat_statements"}`]: '1x60' },
    labels: { ...labels, collector: 'stat_statements' },
  },
  { alert: 'PostgresConnectionsNearMaximum', fires: connections(85), silent: connections(70), labels },
  {
    alert: 'PostgresDeadlocks',
    fires: { [`pg_stat_database_deadlocks{${ofShop}}`]: '3x20 4x40' },
    silent: { [`pg_stat_database_deadlocks{${ofShop}}`]: '3x60' },
    labels: shop,
  },
  {
    alert: 'PostgresStatementsSlow',
    fires: statement(1.5),
    silent: statement(0.5),
    labels: { ...shop, user: 'shop', queryid: '42' },
  },
  {
    alert: 'PostgresTransactionOld',
    fires: series('pg_long_running_transactions_oldest_timestamp_seconds', '3000+60x60'),
    silent: series('pg_long_running_transactions_oldest_timestamp_seconds', '0+60x60'),
    labels,
  },
  // Few blocks of a database that nobody uses are no reason, however many were not in memory.
  { alert: 'PostgresCacheHitsLow', fires: blocks(24_000, 12_000), silent: blocks(0, 600), labels: shop, after: 40 },
  { alert: 'PostgresStorageSlow', fires: waited(30), silent: waited(10), labels: shop },
  { alert: 'PostgresReplicaBehind', fires: behind(90), silent: behind(90, 0), labels },
];
