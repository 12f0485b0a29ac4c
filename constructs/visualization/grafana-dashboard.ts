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
} from '../dashboards';

/** What people ask of a Grafana, and it of the stores; names as Grafana 12 has them. @param job its scrape job, which is also its name */
export function grafanaDashboard(job: string): Dashboard {
  const of = `job="${job}"`;
  const requests = 'grafana_http_request_duration_seconds';
  const asked = 'grafana_datasource_request';
  return dashboard({
    uid: ownUid(job),
    title: ownTitle('Grafana', 'grafana', job),
    folder: folders.platform,
    description: 'Who looks at how much, how long pages take, and which store answers slowly or not at all.',
    rows: [
      row(
        'At a glance',
        stat({
          title: 'Requests',
          description: 'Of people and their browsers, a second.',
          unit: 'reqps',
          query: promql(rate(`${requests}_count{${of}}`, rateRange)),
        }),
        stat({
          title: 'Failed requests',
          description: 'A second: those that Grafana itself answers with an error of its own, 500 and above.',
          unit: 'reqps',
          query: promql(`${rate(`${requests}_count{${of}, status_code=~"5.."}`, rateRange)} or vector(0)`),
          thresholds: { warn: 0.01 },
        }),
        stat({
          title: 'Dashboards',
          description: 'In its database, provisioned ones too. It counts them every half an hour.',
          unit: 'short',
          query: promql(`max(grafana_stat_totals_dashboard{${of}})`),
        }),
        stat({
          title: 'People',
          description: 'Users that were there within thirty days.',
          unit: 'short',
          query: promql(`max(grafana_stat_active_users{${of}})`),
        }),
      ),
      row(
        'What people ask',
        timeseries({
          title: 'Requests, by status',
          description: 'A second. Many of 401 and 403: somebody tries what is not theirs.',
          unit: 'reqps',
          queries: [promql(rate(`${requests}_count{${of}}`, rateRange, 'status_code'), { legend: '{{status_code}}' })],
          stacked: true,
        }),
        timeseries({
          title: 'Duration, p99, by handler',
          description: 'The slowest ten. What asks a store waits for it.',
          unit: 's',
          queries: [
            promql(`topk(10, ${quantile(0.99, `${requests}_bucket{${of}}`, rateRange, 'handler')})`, {
              legend: '{{handler}}',
            }),
          ],
        }),
      ),
      row(
        'What stores answer',
        timeseries({
          title: 'Questions, by store and status',
          description: 'A second. Statuses other than 200 are panels that show an error.',
          unit: 'reqps',
          queries: [
            promql(rate(`${asked}_total{${of}}`, rateRange, 'datasource', 'code'), {
              legend: '{{datasource}} {{code}}',
            }),
          ],
        }),
        timeseries({
          title: 'Duration, p99, by store',
          description: 'How long each store takes to answer.',
          unit: 's',
          queries: [
            promql(quantile(0.99, `${asked}_duration_seconds_bucket{${of}}`, rateRange, 'datasource'), {
              legend: '{{datasource}}',
            }),
          ],
        }),
      ),
      goProcess(of),
    ],
  });
}
