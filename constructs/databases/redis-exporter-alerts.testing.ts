import type { AlertCase, TestSeries } from '../core/alert-case.testing';

const at = 'job="redis-exporter", instance="10.0.0.7:9121"';
const labels = { job: 'redis-exporter', instance: '10.0.0.7:9121', severity: 'warning' };
const critical = { ...labels, severity: 'critical' };
const series = (name: string, values: string): TestSeries => ({ [`${name}{${at}}`]: values });

const memory = (used: number, policy: string): TestSeries => ({
  ...series('redis_memory_used_bytes', `${used}x60`),
  ...series('redis_memory_max_bytes', '1000x60'),
  [`redis_instance_info{${at}, maxmemory_policy="${policy}"}`]: '1x60',
});
const clients = (connected: number): TestSeries => ({
  ...series('redis_connected_clients', `${connected}x60`),
  ...series('redis_max_clients', '100x60'),
});
/** In a minute. */
const lookups = (hits: number, misses: number): TestSeries => ({
  ...series('redis_keyspace_hits_total', `0+${hits}x60`),
  ...series('redis_keyspace_misses_total', `0+${misses}x60`),
});

export const redisExporterAlertCases: readonly AlertCase[] = [
  {
    alert: 'RedisExporterDown',
    fires: series('up', '0x60'),
    silent: series('up', '1x60'),
    labels: { job: 'redis-exporter', severity: 'critical' },
  },
  {
    alert: 'RedisUnreachable',
    fires: series('redis_up', '0x60'),
    silent: series('redis_up', '1x60'),
    labels: critical,
  },
  {
    alert: 'RedisMemoryNearMaximum',
    fires: memory(950, 'noeviction'),
    silent: memory(950, 'allkeys-lru'),
    labels: critical,
  },
  {
    alert: 'RedisEvictsKeys',
    fires: series('redis_evicted_keys_total', '0+1200x60'),
    silent: series('redis_evicted_keys_total', '0+300x60'),
    labels,
  },
  { alert: 'RedisConnectionsNearMaximum', fires: clients(85), silent: clients(75), labels },
  {
    alert: 'RedisRejectsConnections',
    fires: series('redis_rejected_connections_total', '3x27 4x40'),
    silent: series('redis_rejected_connections_total', '3x60'),
    labels: critical,
  },
  { alert: 'RedisHitRateLow', fires: lookups(300, 900), silent: lookups(900, 300), labels, after: 40 },
];
