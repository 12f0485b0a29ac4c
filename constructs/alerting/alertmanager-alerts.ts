import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { downAlert } from '../core/down-alert';
import { grew } from '../core/promql';

/** What an Alertmanager's alerts depend on. */
export interface AlertmanagerAlertOptions {
  /** Its scrape job, which is also the name of its StatefulSet. */
  readonly job: string;
  readonly replicas: number;
  /** Whether somebody waits for {@link deadmanAlert}. */
  readonly deadman: boolean;
}

/** The alert that always fires, so that its absence is noticed elsewhere. */
export const deadmanAlert = 'Watchdog';

/** What of an Alertmanager people should know; names as Alertmanager 0.33 and Prometheus 3.13 have them. */
export function alertmanagerAlerts({ job, replicas, deadman }: AlertmanagerAlertOptions): readonly Alert[] {
  const of = `job="${job}"`;
  return [
    downAlert(
      'Alertmanager',
      job,
      'Nobody is told of any alert, of this one neither: it is seen in Prometheus, and by who waits for the Watchdog.',
    ),
    {
      name: 'AlertmanagerNotificationsFailing',
      expr: `sum by (job, integration) (increase(alertmanager_notifications_failed_total{${of}}[15m])) > 0`,
      for: Duration.minutes(5),
      severity: 'critical',
      summary: 'Alertmanager cannot tell people by {{ $labels.integration }}',
      description:
        'Messages were given up after they had been tried several times. Whoever is told this way alone knows nothing.',
    },
    {
      name: 'AlertsNotDelivered',
      expr: grew('prometheus_notifications_dropped_total', '15m', ['job']),
      for: Duration.minutes(1),
      severity: 'critical',
      summary: '{{ $labels.job }} cannot hand its alerts to Alertmanager',
      description:
        'Alerts were dropped that no Alertmanager took. Those that go on firing are sent again; those that were short are lost.',
    },
    ...(replicas === 1
      ? []
      : [
          {
            name: 'AlertmanagerMembersMissing',
            expr: `min by (job) (alertmanager_cluster_members{${of}}) < ${replicas}`,
            for: Duration.minutes(15),
            severity: 'warning',
            summary: `Replicas of {{ $labels.job }} see {{ $value }} of ${replicas} of them`,
            description: 'Those that do not see each other tell people twice, and a silence holds at one only.',
          } as const,
        ]),
    ...(deadman
      ? [
          {
            name: deadmanAlert,
            expr: `count by (job) (up{${of}} == 1) > 0`,
            // Also while a store that evaluates other rules is away, which this Prometheus tells.
            local: true,
            for: Duration.minutes(1),
            severity: 'info',
            summary: 'Alerting works, from the reading of metrics to {{ $labels.job }}',
            description:
              'Always fires. When it no longer arrives, its receiver tells people that nobody is told of alerts.',
          } as const,
        ]
      : []),
  ];
}
