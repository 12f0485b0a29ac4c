import type { Dashboard } from '../core/dashboard';
import { quantile, rate } from '../core/promql';
import {
  dashboard,
  folders,
  goProcess,
  ownTitle,
  ownUid,
  promql,
  rateRange,
  row,
  stat,
  timeseries,
  wholeRange,
} from '../dashboards';

/** Whether people are told; names as Alertmanager 0.33 has them. @param job its scrape job, which is also its name */
export function alertmanagerDashboard(job: string): Dashboard {
  const of = `job="${job}"`;
  const failed = `alertmanager_notifications_failed_total{${of}}`;
  return dashboard({
    uid: ownUid(job),
    title: ownTitle('Alertmanager', 'alertmanager', job),
    folder: folders.platform,
    description:
      'How many alerts there are, whether messages of them arrive, and whether the replicas know of each other.',
    rows: [
      row(
        'At a glance',
        stat({
          title: 'Alerts',
          description: 'Those that it was told of and that have not ended, silenced ones too.',
          unit: 'short',
          query: promql(`max(sum by (instance) (alertmanager_alerts{${of}}))`),
        }),
        stat({
          title: 'Silenced',
          description: 'Silences that hold now.',
          unit: 'short',
          query: promql(`max(alertmanager_silences{${of}, state="active"})`),
        }),
        stat({
          title: 'Messages that failed',
          description: 'Given up in the time that is shown. Whoever is told this way alone knows nothing.',
          unit: 'short',
          query: promql(`sum(increase(${failed}[${wholeRange}]))`),
          thresholds: { bad: 1 },
          decimals: 0,
        }),
        stat({
          title: 'Replicas',
          description: 'As few as any of them sees. Alone it knows of no others, and has no such number.',
          unit: 'short',
          query: promql(`min(alertmanager_cluster_members{${of}})`),
          none: 'alone',
        }),
      ),
      row(
        'Alerts',
        timeseries({
          title: 'Alerts, by state',
          description: 'Active ones are told of; suppressed ones are silenced, or follow from worse.',
          unit: 'short',
          queries: [promql(`max by (state) (alertmanager_alerts{${of}})`, { legend: '{{state}}' })],
          stacked: true,
        }),
        timeseries({
          title: 'What comes',
          description: 'Alerts a second that Prometheus tells of, again and again as long as they fire.',
          unit: 'cps',
          queries: [
            promql(rate(`alertmanager_alerts_received_total{${of}}`, rateRange, 'status'), { legend: '{{status}}' }),
          ],
        }),
      ),
      row(
        'Messages',
        timeseries({
          title: 'Sent',
          description: 'Messages a second, by the way they go, with those that failed.',
          unit: 'cps',
          queries: [
            promql(rate(`alertmanager_notifications_total{${of}}`, rateRange, 'integration'), {
              legend: '{{integration}}',
            }),
          ],
          width: 8,
        }),
        timeseries({
          title: 'Failed',
          description: 'Messages a second that were given up, by the way they go and the reason.',
          unit: 'cps',
          queries: [
            promql(rate(failed, rateRange, 'integration', 'reason'), { legend: '{{integration}}: {{reason}}' }),
          ],
          width: 8,
        }),
        timeseries({
          title: 'Duration, p99',
          description: 'How long it takes until a message is taken, by the way it goes.',
          unit: 's',
          queries: [
            promql(
              quantile(0.99, `alertmanager_notification_latency_seconds_bucket{${of}}`, rateRange, 'integration'),
              {
                legend: '{{integration}}',
              },
            ),
          ],
          width: 8,
        }),
      ),
      goProcess(of),
    ],
  });
}
