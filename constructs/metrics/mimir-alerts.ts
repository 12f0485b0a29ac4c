import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { claimFillingAlert } from '../core/claim-alert';
import { downAlert } from '../core/down-alert';
import { memberMissingAlerts } from '../core/member-missing-alert';
import { grew } from '../core/promql';
import { activeSeries, failedRequests, refusedSamples } from './mimir-queries';

/** What the alerts of a Mimir depend on. */
export interface MimirAlertOptions {
  /** Its scrape job, which is also the name of its StatefulSet. */
  readonly job: string;
  readonly namespace: string;
  readonly replicas: number;
  /** How many members have each series. */
  readonly replication: number;
  /** Series that tenants may have at most. */
  readonly series: { readonly all: number; readonly ofTenants: Readonly<Record<string, number>> };
}

/** What of a Mimir people should know; names as Mimir 3.1 has them. Evaluated by who writes to it, so also while it is down. */
export function mimirAlerts(options: MimirAlertOptions): readonly Alert[] {
  return alertsOf(options).map((alert) => ({ ...alert, local: true }));
}

/** That rules which a Mimir was given are evaluated: who gave them has to look. */
export function mimirRulerAlerts(job: string): readonly Alert[] {
  return [
    {
      name: 'MimirRulesNotEvaluated',
      expr: `absent(increase(cortex_prometheus_rule_evaluations_total{job="${job}"}[10m]) > 0)`,
      for: Duration.minutes(5),
      severity: 'critical',
      labels: { job },
      local: true,
      summary: 'No member of Mimir evaluates any rule',
      description: 'No alert fires, whatever happens, but those about Mimir itself.',
    },
  ];
}

function alertsOf(options: MimirAlertOptions): readonly Alert[] {
  const { job, namespace, replicas } = options;
  const of = `job="${job}"`;
  return [
    downAlert(
      'Mimir',
      job,
      'Samples wait at the Prometheus that reads them, for some hours, and nobody can look at any.',
    ),
    ...memberMissingAlerts(
      { product: 'Mimir', job, replicas },
      'Of the three members that have a series one may be away. If another goes, samples are refused and questions fail.',
    ),
    {
      name: 'MimirRequestErrors',
      expr: `${failedRequests(of, '5m')} > 0.05`,
      for: Duration.minutes(10),
      severity: 'critical',
      summary: 'Mimir fails {{ $value | humanizePercentage }} of the requests to {{ $labels.route }}',
      description: 'Samples are not taken, or questions not answered: it says in its log why.',
    },
    {
      name: 'MimirRefusesSamples',
      expr: `${refusedSamples(of, '5m')} > 0`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: 'Mimir refuses {{ $value | humanize }} samples a second of {{ $labels.user }}: {{ $labels.reason }}',
      description:
        'They are missing where people look for them. Who sends them tries again only where the reason is a rate limit.',
    },
    {
      name: 'MimirSeriesNearLimit',
      expr: nearLimit(of, options),
      for: Duration.minutes(15),
      severity: 'warning',
      summary: '{{ $labels.user }} has {{ $value | humanize }} series, nearly as many as Mimir takes',
      description: 'Samples of series beyond the limit are refused, whichever they are.',
    },
    {
      name: 'MimirBlocksNotShipped',
      // One that fails is tried again; several, and still, are none that time cures.
      expr: [
        `sum by (job, instance) (increase(cortex_ingester_shipper_upload_failures_total{${of}}[1h])) > 2`,
        `and sum by (job, instance) (increase(cortex_ingester_shipper_upload_failures_total{${of}}[10m])) > 0`,
      ].join('\n'),
      for: Duration.minutes(5),
      severity: 'critical',
      summary: '{{ $labels.instance }} cannot write blocks to the bucket',
      description:
        'What is not there is on the volumes of members alone, and cannot be asked for once it is thirteen hours old.',
    },
    {
      name: 'MimirCompactionFailing',
      expr: `sum by (job) (increase(cortex_compactor_runs_failed_total{${of}, reason="error"}[6h])) > 2`,
      for: Duration.minutes(5),
      severity: 'warning',
      summary: 'Blocks in the bucket cannot be compacted',
      description: 'Each question reads more and more of them, and nothing is deleted that is old enough.',
    },
    {
      name: 'MimirReplicaFlapping',
      expr: `sum by (job, user) (increase(cortex_ha_tracker_elected_replica_changes_total{${of}}[1h])) > 6 * ${replicas}`,
      for: Duration.minutes(15),
      severity: 'warning',
      summary: 'Mimir takes samples of {{ $labels.user }} now of one Prometheus, now of another',
      description:
        'At each change some samples are in neither. None of the replicas sends without pauses of half a minute.',
    },
    {
      name: 'MimirLimitsRefused',
      expr: `min by (job) (cortex_runtime_config_last_reload_successful{${of}}) == 0`,
      for: Duration.minutes(5),
      severity: 'critical',
      summary: 'Mimir goes on with old limits of tenants: it refused the newest',
      description: 'Members that restart do not start.',
    },
    {
      name: 'MimirRulesFailing',
      expr: grew(`cortex_prometheus_rule_evaluation_failures_total{${of}}`, '15m', ['job', 'rule_group']),
      for: Duration.minutes(1),
      severity: 'critical',
      summary: 'Mimir cannot evaluate rules of {{ $labels.rule_group }}',
      description: 'Alerts of the group do not fire, whatever happens, and what it records has gaps.',
    },
    {
      name: 'MimirAlertsNotDelivered',
      expr: grew(`cortex_prometheus_notifications_dropped_total{${of}}`, '15m', ['job']),
      for: Duration.minutes(1),
      severity: 'critical',
      summary: '{{ $labels.job }} cannot hand its alerts to Alertmanager',
      description:
        'Alerts were dropped that no Alertmanager took. Those that go on firing are sent again; those that were short are lost.',
    },
    claimFillingAlert(
      'Mimir',
      namespace,
      `data-${job}-[0-9]+`,
      'When the volume is full, the member takes no samples.',
    ),
  ];
}

/** Of tenants with limits of their own, by those. */
function nearLimit(of: string, { series: { all, ofTenants }, replication }: MimirAlertOptions): string {
  const own = Object.entries(ofTenants);
  const others = own.length === 0 ? of : `${of}, user!~"${own.map(([name]) => escaped(name)).join('|')}"`;
  return [
    `${activeSeries(others, replication)} > ${Math.floor(0.8 * all)}`,
    ...own.map(([name, limit]) => `${activeSeries(`${of}, user="${name}"`, replication)} > ${Math.floor(0.8 * limit)}`),
  ].join('\nor\n');
}

/** A tenant's name as a part of a regular expression in a string. */
function escaped(name: string): string {
  return name.replace(/[.*()]/g, '\\\\$&');
}
