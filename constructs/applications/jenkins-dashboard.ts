import type { Dashboard } from '../core/dashboard';
import {
  dashboard,
  folders,
  ownTitle,
  ownUid,
  promql,
  row,
  stat,
  table,
  timeseries,
  wholeRange,
  type Row,
} from '../dashboards';
import { builds, queue } from './jenkins-queries';

/**
 * A Jenkins, as its plugin `prometheus` sees it.
 *
 * @param job its scrape job, which is also the name of its component
 * @param prefix what the plugin puts before its own series
 * @see https://github.com/jenkinsci/prometheus-plugin/blob/master/docs/metrics/index.md
 */
export function jenkinsDashboard(job: string, prefix: string): Dashboard {
  const of = `job="${job}"`;
  return dashboard({
    uid: ownUid(job, 'ci'),
    title: ownTitle('Jenkins', 'jenkins', job),
    folder: folders.applications,
    description: 'How long builds wait, which of them fail, and whether there are executors for them.',
    past: '6h',
    rows: [atAGlance(of), waiting(of), jobs(of, prefix)],
  });
}

function atAGlance(of: string): Row {
  return row(
    'At a glance',
    stat({
      title: 'Up',
      description: 'Whether it answers: 1 if it does.',
      unit: 'short',
      query: promql(`min(up{${of}})`),
    }),
    stat({
      title: 'Waiting builds',
      description: 'For an executor, or for another build.',
      unit: 'short',
      query: promql(queue(of)),
      thresholds: { warn: 5, bad: 10 },
    }),
    stat({
      title: 'Agents away',
      description: 'With their executors.',
      unit: 'short',
      query: promql(`jenkins_node_offline_value{${of}}`),
      thresholds: { bad: 1 },
    }),
    stat({
      title: 'Plugins that failed',
      description: 'Were not loaded at its start.',
      unit: 'short',
      query: promql(`jenkins_plugins_failed{${of}}`),
      thresholds: { bad: 1 },
    }),
  );
}

function waiting(of: string): Row {
  return row(
    'Queue and executors',
    timeseries({
      title: 'Queue',
      description:
        'Builds that wait: all, and those that wait for an executor alone, for another build, or that nothing moves.',
      unit: 'short',
      queries: [
        promql(queue(of), { legend: 'all' }),
        ...['buildable', 'blocked', 'stuck'].map((state) =>
          promql(`jenkins_queue_${state}_value{${of}}`, { legend: state }),
        ),
      ],
    }),
    timeseries({
      title: 'Executors',
      description: 'Of agents that are there: all, and those that build.',
      unit: 'short',
      queries: [
        promql(`jenkins_executor_count_value{${of}}`, { legend: 'all' }),
        promql(`jenkins_executor_in_use_value{${of}}`, { legend: 'in use' }),
      ],
    }),
  );
}

function jobs(of: string, prefix: string): Row {
  const last = (what: string) => `max by (jenkins_job) (${prefix}_jenkins_builds_last_build_${what}{${of}})`;
  return row(
    'Jobs',
    table({
      title: 'Jobs',
      description:
        'Builds that ended within the time of the dashboard, and the last one. Result 0 is a success, 2 a failure, 4 given up.',
      labels: { jenkins_job: 'Job' },
      values: [
        {
          title: 'Failed',
          query: promql(`sum by (jenkins_job) (${builds(of, prefix, 'failed', wholeRange)})`),
          unit: 'short',
        },
        {
          title: 'Succeeded',
          query: promql(`sum by (jenkins_job) (${builds(of, prefix, 'success', wholeRange)})`),
          unit: 'short',
        },
        { title: 'Last result', query: promql(last('result_ordinal')), unit: 'short', thresholds: { warn: 1, bad: 2 } },
        { title: 'Last took', query: promql(`${last('duration_milliseconds')} / 1000`), unit: 's' },
      ],
    }),
  );
}
