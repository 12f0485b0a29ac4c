import { rate } from '../core/promql';
import { dashboard, folders, goProcess, promql, rateRange, row, stat, timeseries } from '../dashboards';
import { apiServerDuration, apiServerErrors, apiServers, clientCertificates } from './api-server-queries';

const requests = (...by: readonly string[]) => rate(`apiserver_request_total{${apiServers}}`, rateRange, ...by);

/** Whether the cluster can be changed, and how soon it answers who asks. */
export const apiServerDashboard = dashboard({
  uid: 'kube-apiserver',
  title: 'API server',
  folder: folders.infrastructure,
  description: 'What is asked of the API servers of the cluster, how much of it fails, and how long it takes.',
  rows: [
    row(
      'At a glance',
      stat({
        title: 'API servers',
        description: 'Those that answer. Each is read by itself.',
        unit: 'short',
        query: promql(`sum(up{${apiServers}})`),
      }),
      stat({
        title: 'Requests',
        description: 'A second, of everybody.',
        unit: 'reqps',
        query: promql(requests()),
      }),
      stat({
        title: 'Failed',
        description: 'Share of the requests that end with an error of the server. Above 3 % an alert fires.',
        unit: 'percentunit',
        query: promql(apiServerErrors(rateRange)),
        thresholds: { warn: 0.01, bad: 0.03 },
        none: 'none',
      }),
      stat({
        title: 'Certificates of clients',
        description: 'How long those are valid that expire first. With less than a week an alert fires.',
        unit: 's',
        query: promql(clientCertificates(rateRange)),
        none: 'none used',
      }),
    ),
    row(
      'What is asked',
      timeseries({
        title: 'Requests, by verb',
        description: 'A second. Many lists are of clients that do not watch.',
        unit: 'reqps',
        queries: [promql(requests('verb'), { legend: '{{verb}}' })],
        width: 8,
      }),
      timeseries({
        title: 'Requests, by answer',
        description: 'A second, by code. 429: more than it takes at once; 409: two write the same, which is usual.',
        unit: 'reqps',
        queries: [promql(requests('code'), { legend: '{{code}}' })],
        width: 8,
      }),
      timeseries({
        title: 'At once',
        description:
          'Requests that are being answered, those that change something and those that do not, and watches.',
        unit: 'short',
        queries: [
          promql(`sum by (request_kind) (apiserver_current_inflight_requests{${apiServers}})`, {
            legend: '{{request_kind}}',
          }),
          promql(`sum(apiserver_longrunning_requests{${apiServers}, verb="WATCH"})`, { legend: 'watches' }),
        ],
        width: 8,
      }),
    ),
    row(
      'How long it takes',
      timeseries({
        title: 'Duration, p99, by verb',
        description: 'Of single objects. It should be a second at most; above that an alert fires.',
        unit: 's',
        queries: [promql(apiServerDuration(rateRange, 'APPLY|DELETE|GET|PATCH|POST|PUT'), { legend: '{{verb}}' })],
        thresholds: { bad: 1 },
      }),
      timeseries({
        title: 'Duration of lists, p99',
        description: 'It grows with what is listed: up to 30 seconds are right for all objects of a large cluster.',
        unit: 's',
        queries: [promql(apiServerDuration(rateRange, 'LIST|DELETECOLLECTION'), { legend: '{{verb}}' })],
        thresholds: { bad: 30 },
      }),
    ),
    goProcess(apiServers),
  ],
});
