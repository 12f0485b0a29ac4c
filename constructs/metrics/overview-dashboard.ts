import { dashboard, folders, promql, row, stat, table, timeseries } from '../dashboards';

const firing = 'ALERTS{alertstate="firing", severity!="info"}';

/** What fires, who answers, and what is promised. The same of every Prometheus that evaluates rules. */
export const overviewDashboard = dashboard({
  uid: 'overview',
  title: 'Overview',
  folder: folders.platform,
  description: 'Where to begin: alerts that fire, components that do not answer, and promises that are not kept.',
  past: '6h',
  rows: [
    row(
      'At a glance',
      stat({
        title: 'Critical alerts',
        description: 'Those for which somebody is woken.',
        unit: 'short',
        query: promql('count(ALERTS{alertstate="firing", severity="critical"}) or vector(0)'),
        thresholds: { bad: 1 },
        width: 8,
      }),
      stat({
        title: 'Warnings',
        description: 'Those that somebody should look at in time.',
        unit: 'short',
        query: promql('count(ALERTS{alertstate="firing", severity="warning"}) or vector(0)'),
        thresholds: { warn: 1 },
        width: 8,
      }),
      stat({
        title: 'Pods that answer',
        description: 'Share of all pods whose metrics are read.',
        unit: 'percentunit',
        query: promql('sum(up) / count(up)'),
        width: 8,
      }),
    ),
    row(
      'Alerts',
      table({
        title: 'Firing',
        description: 'Each has a page in the runbooks, under its name: what it means, how to look, what to do.',
        labels: { alertname: 'Alert', severity: 'Severity', job: 'Job', instance: 'Pod' },
        values: [
          {
            title: 'How many',
            query: promql(`count by (alertname, severity, job, instance) (${firing})`),
            unit: 'short',
          },
        ],
      }),
      timeseries({
        title: 'Over time',
        description: 'When which alert fired.',
        unit: 'short',
        queries: [promql(`count by (alertname) (${firing})`, { legend: '{{alertname}}' })],
        stacked: true,
      }),
      timeseries({
        title: 'Pods that do not answer',
        description: 'By job. A pod that is gone altogether is not in it: of that, an alert tells.',
        unit: 'short',
        queries: [promql('count by (job) (up == 0)', { legend: '{{job}}' })],
        stacked: true,
      }),
    ),
    row(
      'Promises',
      timeseries({
        title: 'Errors of each promise, over an hour',
        description:
          'Share of what went wrong. It may be as high as what the promise leaves, such as 1 % of 99 %, over thirty days.',
        unit: 'percentunit',
        queries: [promql('slo:error_ratio:rate1h', { legend: '{{slo}}' })],
      }),
      timeseries({
        title: 'Errors of each promise, over three days',
        description: 'Share of what went wrong, without what is short.',
        unit: 'percentunit',
        queries: [promql('slo:error_ratio:rate3d', { legend: '{{slo}}' })],
      }),
    ),
  ],
});
