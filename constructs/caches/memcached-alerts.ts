import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { downAlert } from '../core/down-alert';
import { connectionsUsed, evicted, hitRate, lookups, stored } from './memcached-queries';

/** What of a Memcached people should know. @param job its scrape job */
export function memcachedAlerts(job: string): readonly Alert[] {
  const of = `job="${job}"`;
  const isAsked = `${lookups(of, '30m')} > 1`;
  return [
    downAlert(
      'Memcached',
      job,
      'Stores that ask it read everything from where it is kept, which is slower and costs requests.',
    ),
    {
      name: 'MemcachedUnreachable',
      expr: `memcached_up{${of}} == 0`,
      for: Duration.minutes(5),
      severity: 'warning',
      runbook: 'MemcachedDown',
      summary: 'The Memcached beside {{ $labels.instance }} of {{ $labels.job }} does not answer',
      description: 'Its exporter asks in vain. What that server held is read from where it is kept.',
    },
    {
      name: 'MemcachedHitRateLow',
      expr: `${hitRate(of, '30m')} < 0.3\nand\n${isAsked}`,
      for: Duration.minutes(30),
      severity: 'warning',
      summary: 'Only {{ $value | humanizePercentage }} of what {{ $labels.job }} is asked for is there',
      description: 'It helps little: it was started anew, is too small, or questions are never the same.',
    },
    {
      name: 'MemcachedTooSmall',
      // One that is full throws out as much as it is given, which is right as long as most is found.
      expr: `${evicted(of, '30m')}\n/\n(${stored(of, '30m')} > 0)\n> 0.5\nand\n${hitRate(of, '30m')} < 0.8\nand\n${isAsked}`,
      for: Duration.minutes(30),
      severity: 'warning',
      summary: '{{ $labels.job }} throws out {{ $value | humanizePercentage }} of what it is given before its time',
      description:
        'It is full, and more than a fifth of the questions find nothing. With more memory more would be found.',
    },
    {
      name: 'MemcachedConnectionsNearMaximum',
      expr: `${connectionsUsed(of)} > 0.8`,
      for: Duration.minutes(5),
      severity: 'warning',
      summary:
        '{{ $value | humanizePercentage }} of the clients that {{ $labels.instance }} of {{ $labels.job }} takes are connected',
      description: 'When all are, the next ones wait until one goes, and their questions take as long.',
    },
  ];
}
