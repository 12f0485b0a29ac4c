import type { AlertCase, TestSeries } from '../core/alert-case.testing';

const at = 'job="memcached", instance="10.0.0.7:9150"';
const labels = { job: 'memcached', severity: 'warning' };
const series = (name: string, values: string): TestSeries => ({ [`${name}{${at}}`]: values });

/** In a minute. */
const lookups = (hits: number, misses: number): TestSeries => ({
  [`memcached_commands_total{${at}, command="get", status="hit"}`]: `0+${hits}x90`,
  [`memcached_commands_total{${at}, command="get", status="miss"}`]: `0+${misses}x90`,
});
/** In a minute. */
const items = (given: number, evicted: number): TestSeries => ({
  ...series('memcached_items_total', `0+${given}x90`),
  ...series('memcached_items_evicted_total', `0+${evicted}x90`),
});
const clients = (connected: number): TestSeries => ({
  ...series('memcached_current_connections', `${connected}x60`),
  ...series('memcached_max_connections', '1000x60'),
});

export const memcachedAlertCases: readonly AlertCase[] = [
  {
    alert: 'MemcachedDown',
    fires: series('up', '0x60'),
    silent: series('up', '1x60'),
    labels: { job: 'memcached', severity: 'critical' },
  },
  {
    alert: 'MemcachedUnreachable',
    fires: series('memcached_up', '0x60'),
    silent: series('memcached_up', '1x60'),
    labels: { ...labels, instance: '10.0.0.7:9150' },
  },
  { alert: 'MemcachedHitRateLow', fires: lookups(200, 800), silent: lookups(400, 600), labels, after: 80 },
  {
    alert: 'MemcachedTooSmall',
    fires: { ...lookups(700, 300), ...items(300, 200) },
    silent: { ...lookups(900, 100), ...items(300, 200) },
    labels,
    after: 80,
  },
  {
    alert: 'MemcachedConnectionsNearMaximum',
    fires: clients(850),
    silent: clients(750),
    labels: { ...labels, instance: '10.0.0.7:9150' },
  },
];
