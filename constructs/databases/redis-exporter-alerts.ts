import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { downAlert } from '../core/down-alert';
import { increase } from '../core/promql';
import { clientsUsed, evicted, hitRate, lookups, memoryUsed } from './redis-exporter-queries';

/** From when on something is worth telling. */
export interface RedisThresholds {
  /** Keys a second. @default 10 */
  readonly evictions?: number;
}

/**
 * What of a Redis people should know, by its exporter.
 *
 * @param job scrape job of the exporter
 */
export function redisExporterAlerts(job: string, { evictions = 10 }: RedisThresholds = {}): readonly Alert[] {
  const of = `job="${job}"`;
  const full = `redis_instance_info{${of}, maxmemory_policy="noeviction"}`;
  return [
    downAlert('RedisExporter', job, 'Nobody sees how its Redis is. The server itself may be well.'),
    {
      name: 'RedisUnreachable',
      expr: `redis_up{${of}} == 0`,
      for: Duration.minutes(2),
      severity: 'critical',
      runbook: 'RedisExporterDown',
      summary: 'The Redis of {{ $labels.job }} lets its exporter not in',
      description: 'It is down, takes no more clients, or refuses the user of the exporter.',
    },
    {
      name: 'RedisMemoryNearMaximum',
      // One that throws keys out is always full.
      expr: `${memoryUsed(of)} > 0.9\nand on (job, instance) ${full}`,
      for: Duration.minutes(5),
      severity: 'critical',
      summary: 'The Redis of {{ $labels.job }} has {{ $value | humanizePercentage }} of the memory that it may take',
      description: 'It throws nothing out: at its maximum every write is an error.',
    },
    {
      name: 'RedisEvictsKeys',
      expr: `${evicted(of, '5m')} > ${evictions}`,
      for: Duration.minutes(15),
      severity: 'warning',
      runbook: 'RedisMemoryNearMaximum',
      summary: 'The Redis of {{ $labels.job }} throws out {{ $value | humanize }} keys a second for want of memory',
      description: 'What was to be kept for a time is gone before it, and is asked of something slower.',
    },
    {
      name: 'RedisConnectionsNearMaximum',
      expr: `${clientsUsed(of)} > 0.8`,
      for: Duration.minutes(5),
      severity: 'warning',
      runbook: 'RedisRejectsConnections',
      summary:
        '{{ $value | humanizePercentage }} of the clients that the Redis of {{ $labels.job }} takes are connected',
      description: 'When all are, it rejects the next.',
    },
    {
      name: 'RedisRejectsConnections',
      expr: `${increase(`redis_rejected_connections_total{${of}}`, '5m', 'job', 'instance')} > 0`,
      for: Duration.minutes(1),
      severity: 'critical',
      summary: 'The Redis of {{ $labels.job }} rejects clients',
      description: 'As many as `maxclients` are connected. Whoever comes now gets an error.',
    },
    {
      name: 'RedisHitRateLow',
      expr: `${hitRate(of, '15m')} < 0.5\nand\n${lookups(of, '15m')} > 10`,
      for: Duration.minutes(15),
      severity: 'warning',
      summary:
        'Only {{ $value | humanizePercentage }} of the keys that are asked for are in the Redis of {{ $labels.job }}',
      description:
        'As a cache it helps little: it is too small, was started anew, or what is asked for is never put there.',
    },
  ];
}
