import type { Dashboard } from '../core/dashboard';
import { rate } from '../core/promql';
import {
  dashboard,
  folders,
  ownTitle,
  ownUid,
  promql,
  rateRange,
  row,
  stat,
  timeseries,
  type Row,
} from '../dashboards';
import { handlerTime, requests, requestsFailing, requestTime } from './fastapi-queries';

/**
 * A FastAPI application, by the default metrics of its instrumentator.
 *
 * @param job its scrape job, which is also the name of its component
 * @see https://github.com/trallnag/prometheus-fastapi-instrumentator
 */
export function fastApiDashboard(job: string): Dashboard {
  const of = `job="${job}"`;
  return dashboard({
    uid: ownUid(job, 'fastapi'),
    title: ownTitle('FastAPI', 'fastapi', job),
    folder: folders.applications,
    description: 'How many requests an application answers, which fail, and how long they take, by handler.',
    rows: [atAGlance(of), handlers(of), sizes(of)],
  });
}

function atAGlance(of: string): Row {
  return row(
    'At a glance',
    stat({ title: 'Processes', description: 'Processes that answer.', unit: 'short', query: promql(`sum(up{${of}})`) }),
    stat({
      title: 'Requests',
      description: 'A second, of all handlers.',
      unit: 'reqps',
      query: promql(requests(of, rateRange)),
    }),
    stat({
      title: 'Failing',
      description: 'Share with a status of 500 or above.',
      unit: 'percentunit',
      query: promql(requestsFailing(of, rateRange)),
      thresholds: { warn: 0.01, bad: 0.05 },
      none: 'none',
    }),
    stat({
      title: 'Time, p95',
      description: 'Nineteen of twenty requests were answered within.',
      unit: 's',
      query: promql(requestTime(of, rateRange, 0.95)),
      thresholds: { warn: 0.5, bad: 1 },
    }),
  );
}

function handlers(of: string): Row {
  return row(
    'Requests',
    timeseries({
      title: 'By handler',
      description: 'A second. `none`: no handler is for their path.',
      unit: 'reqps',
      queries: [promql(requests(of, rateRange, 'handler'), { legend: '{{handler}}' })],
      width: 8,
    }),
    timeseries({
      title: 'By status',
      description: 'A second, by the class of their status.',
      unit: 'reqps',
      queries: [promql(requests(of, rateRange, 'status'), { legend: '{{status}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Time by handler, p95',
      description: 'Read of few buckets (0.1, 0.5 and 1 s), so it is rough; the number above is not.',
      unit: 's',
      queries: [promql(handlerTime(of, rateRange, 0.95), { legend: '{{handler}}' })],
      width: 8,
    }),
  );
}

function sizes(of: string): Row {
  const bytes = (what: string) => rate(`http_${what}_size_bytes_sum{${of}}`, rateRange, 'handler');
  return row(
    'Traffic',
    timeseries({
      title: 'Taken',
      description: 'Bytes a second of the bodies of requests.',
      unit: 'binBps',
      queries: [promql(bytes('request'), { legend: '{{handler}}' })],
    }),
    timeseries({
      title: 'Given',
      description: 'Bytes a second of the bodies of answers.',
      unit: 'binBps',
      queries: [promql(bytes('response'), { legend: '{{handler}}' })],
    }),
  );
}
