import { Duration } from 'cdk8s';
import type { Alert, RecordingRule } from '../core/alert';
import { defined } from '../core/defined';
import { downAlert } from '../core/down-alert';
import { unreadyAlert } from '../core/unready-alert';
import { lossRatio, named, recorded, roundTrip, targetInfo } from './smokeping-queries';
import type { NetworkTarget } from './target';

/** Beyond which people are told, of every target. */
export interface NetworkLimits {
  /** Share of pings that is not answered, from 0 to 1. @default 0.05 */
  readonly loss?: number;
  /** Median of round trips. What is far away is slow and well: it is compared with its own day before, too. @default Duration.millis(200) */
  readonly roundTrip?: Duration;
  /** How much slower one ping in twenty is than the median. @default Duration.millis(50) */
  readonly jitter?: Duration;
}

/** Container of what measures for the page; that of the page is called as its StatefulSet is. */
export const measuringContainer = 'daemon';

/** Names that alerts are made of. */
export interface SmokepingNames {
  /** Scrape job of the prober. */
  readonly prober: string;
  /** StatefulSet of the page. */
  readonly page: string;
  readonly namespace: string;
}

/**
 * What targets are called and where they are, and what alerts and dashboards ask of them.
 *
 * @param job scrape job of the prober
 */
export function smokepingRecordingRules(job: string, targets: readonly NetworkTarget[]): readonly RecordingRule[] {
  return [
    ...targets.map(({ name: target, host, region, site, provider, link }) => ({
      record: targetInfo,
      expr: 'vector(1)',
      labels: { job, host, target, ...defined({ region, site, provider, link }) },
    })),
    { record: recorded.loss, expr: named(lossRatio(job, '5m'), job) },
    { record: recorded.median, expr: named(roundTrip(0.5, job, '5m'), job) },
    { record: recorded.high, expr: named(roundTrip(0.95, job, '5m'), job) },
  ];
}

/** What of the network between here and its targets people should know. */
export function smokepingAlerts(names: SmokepingNames, limits: NetworkLimits = {}): readonly Alert[] {
  const { prober, page: workload, namespace } = names;
  const { loss = 0.05, roundTrip: slow = Duration.millis(200), jitter = Duration.millis(50) } = limits;
  const of = `job="${prober}"`;
  const linkDown = `min by (job, link) (${recorded.loss}{${of}, link!=""}) == 1`;
  const target = '{{ $labels.target }} ({{ $labels.host }})';
  const inPercent = '{{ $value | humanizePercentage }}';
  const inSeconds = '{{ $value | humanizeDuration }}';
  return [
    downAlert('SmokepingProber', prober, 'Nothing is known of loss and latency between here and other places.'),
    unreadyAlert(
      'Smokeping',
      { workload, namespace, pods: `${workload}-[0-9]+`, containers: [workload, measuringContainer] },
      'Its page does not open, or its program measures nothing: there will be a gap in its graphs.',
    ),
    {
      name: 'NetworkLinkDown',
      expr: linkDown,
      for: Duration.minutes(1),
      severity: 'critical',
      summary: 'Nothing behind the link {{ $labels.link }} answers',
      description: 'None of the targets that it leads to has answered a ping for five minutes.',
    },
    {
      name: 'NetworkTargetDown',
      expr: `${recorded.loss}{${of}} == 1\nunless on (job, link) (${linkDown})`,
      for: Duration.minutes(1),
      severity: 'critical',
      summary: `${target} does not answer`,
      description: 'It has answered no ping for five minutes. What else is behind its link answers, if it has one.',
    },
    {
      name: 'NetworkPacketLoss',
      expr: `${recorded.loss}{${of}} > ${loss} < 1`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: `${inPercent} of pings to ${target} are lost`,
      description: 'From one percent on, what is sent over TCP gets slower; from ten on, it hardly gets through.',
    },
    {
      name: 'NetworkLatencyHigh',
      expr: `${recorded.median}{${of}} > ${slow.toMilliseconds() / 1000}`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: `Half of the pings to ${target} take longer than ${inSeconds}`,
      description: 'Each request to there takes this much longer, several times if it sets up a connection first.',
    },
    {
      name: 'NetworkLatencyRaised',
      // Ten milliseconds more, so that what is near may double in peace.
      expr: [
        `${recorded.median}{${of}} > 2 * avg_over_time(${recorded.median}{${of}}[1d] offset 15m)`,
        `and ${recorded.median}{${of}} - avg_over_time(${recorded.median}{${of}}[1d] offset 15m) > 0.01`,
      ].join('\n'),
      for: Duration.minutes(10),
      severity: 'warning',
      runbook: 'NetworkLatencyHigh',
      summary: `The way to ${target} takes twice as long as it did`,
      description: `Half of the pings take longer than ${inSeconds}, which is twice the average of the day before: traffic goes another way, or waits.`,
    },
    {
      name: 'NetworkJitterHigh',
      expr: `${recorded.high}{${of}} - ${recorded.median}{${of}} > ${jitter.toMilliseconds() / 1000}`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: `One ping in twenty to ${target} takes ${inSeconds} longer than the median`,
      description: 'Calls and video stutter, and requests are slow now and then. A queue on the way fills and empties.',
    },
  ];
}
