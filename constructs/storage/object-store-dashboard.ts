import type { Dashboard } from '../core/dashboard';
import { quantile, rate } from '../core/promql';
import { dashboard, folders, ownTitle, ownUid, promql, rateRange, row, timeseries } from '../dashboards';

/**
 * An object store as its clients see it. The server tells of itself by StatsD alone, which nobody reads here.
 *
 * @param name of the component
 */
export function objectStoreDashboard(name: string): Dashboard {
  const tempo = 'tempodb_backend_request_duration_seconds';
  return dashboard({
    uid: ownUid(name, 'store'),
    title: ownTitle('Object store', 'objects', name),
    folder: folders.platform,
    description:
      'What Tempo and the workers do on the store, and how it answers: it has no metrics of its own. Of all stores, if there are several.',
    rows: [
      row(
        'Tempo',
        timeseries({
          title: 'Requests, by operation and status',
          description:
            'A second. Statuses of 500 and above are errors of the store; 404 is a question for what is not there.',
          unit: 'reqps',
          queries: [
            promql(rate(`${tempo}_count`, rateRange, 'operation', 'status_code'), {
              legend: '{{operation}} {{status_code}}',
            }),
          ],
        }),
        timeseries({
          title: 'Duration, by operation',
          description: 'Half of the requests and all but one in a hundred take less.',
          unit: 's',
          queries: [
            promql(quantile(0.5, `${tempo}_bucket`, rateRange, 'operation'), { legend: 'median {{operation}}' }),
            promql(quantile(0.99, `${tempo}_bucket`, rateRange, 'operation'), { legend: 'p99 {{operation}}' }),
          ],
        }),
      ),
      row(
        'Workers',
        timeseries({
          title: 'Objects written',
          description: 'A second, by worker: anomalous traces by detection, profiles by training.',
          unit: 'cps',
          queries: [promql(rate('plumbline_worker_effects_total', rateRange, 'job'), { legend: '{{job}}' })],
        }),
        timeseries({
          title: 'Tried again',
          description:
            'A second, by worker and error: the store did not answer, or refused. Kafka has its own errors among them.',
          unit: 'cps',
          queries: [
            promql(rate('plumbline_worker_retries_total', rateRange, 'job', 'what', 'code'), {
              legend: '{{job}} {{what}} {{code}}',
            }),
          ],
        }),
      ),
    ],
  });
}
