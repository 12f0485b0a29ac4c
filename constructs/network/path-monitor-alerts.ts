import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { downAlert } from '../core/down-alert';
import { loss, reached, roundTrip, routeChanges } from './path-monitor-queries';

/** Measurements that may be missed before somebody is told. */
const missed = 3;

/**
 * What of paths people should know. Loss is that of the target: routers answer few pings, and pass on all packets.
 *
 * @param job its scrape job, which is also the name of its component
 * @param interval from one measurement to the next
 */
export function pathMonitorAlerts(job: string, interval: Duration): readonly Alert[] {
  const of = `job="${job}"`;
  const stale = Math.max(600, missed * interval.toSeconds());
  return [
    downAlert('PathMonitor', job, 'No path is measured: a link that fails, or a route that changes, is not seen.'),
    {
      name: 'NetworkPathLost',
      expr: `${reached(of)} == 0`,
      for: Duration.minutes(5),
      severity: 'critical',
      summary: '{{ $labels.target }} does not answer',
      description: 'No packet to the target came back. The page of paths shows the last router that answered.',
    },
    {
      name: 'NetworkPathLoss',
      expr: `${loss(of, '15m')} > 0.05\nand on (job, target) ${reached(of)} == 1`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: '{{ $value | humanizePercentage }} of packets to {{ $labels.target }} are lost',
      description: 'The target answers, and not always. From a few percent on, connections over TCP become slow.',
    },
    {
      name: 'NetworkPathSlow',
      // By the day before, as people work by day; and by as much as anybody notices.
      expr: [
        `${roundTrip(of, '15m')} > 2 * ${roundTrip(of, '1h', ' offset 1d')}`,
        `and ${roundTrip(of, '15m')} - ${roundTrip(of, '1h', ' offset 1d')} > 0.01`,
      ].join('\n'),
      for: Duration.minutes(15),
      severity: 'warning',
      summary: 'A round trip to {{ $labels.target }} takes {{ $value | humanizeDuration }}, twice as long as yesterday',
      description: 'A queue on the way is full, or packets go a longer way than a day before at this time.',
    },
    {
      name: 'NetworkRouteChanged',
      expr: `${routeChanges(of, '15m', 'new')} > 0`,
      for: Duration.minutes(1),
      severity: 'info',
      summary: 'Packets to {{ $labels.target }} go a way that was not seen before',
      description:
        'A link or a router on the old way may have failed. Routes among which packets are spread are each new only once.',
    },
    {
      name: 'NetworkPathNotMeasured',
      expr: `time() - max by (job, target) (plumbline_network_path_last_run_timestamp_seconds{${of}}) > ${stale}`,
      for: Duration.minutes(5),
      severity: 'warning',
      summary: 'The path to {{ $labels.target }} has not been measured for {{ $value | humanizeDuration }}',
      description:
        'Its name has no address, or mtr fails: nothing is known of the path, so that no other alert of it fires.',
    },
  ];
}
