import type { Size } from 'cdk8s';
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
  table,
  timeseries,
  type Row,
} from '../dashboards';
import { bytesOf, self, storedBytes } from './prometheus-queries';

/** What a Prometheus reads, keeps, evaluates and answers; names as Prometheus 3.13 has them. */
export function prometheusDashboard(name: string, volume: Size): Dashboard {
  return dashboard({
    uid: ownUid(name),
    title: ownTitle('Prometheus', 'prometheus', name),
    folder: folders.platform,
    description:
      'Who is read and how many series that makes, how full the volume is, and whether rules are evaluated in time.',
    rows: [atAGlance(volume), targets, series, rules, questions, goProcess(self)],
  });
}

function atAGlance(volume: Size): Row {
  return row(
    'At a glance',
    stat({
      title: 'Series',
      description: 'Those that get samples now, or did within some hours. Memory follows them: some 4 to 8 KiB each.',
      unit: 'short',
      query: promql(`prometheus_tsdb_head_series{${self}}`),
    }),
    stat({
      title: 'Samples',
      description: 'Taken a second, from targets and by remote write.',
      unit: 'cps',
      query: promql(rate(`prometheus_tsdb_head_samples_appended_total{${self}}`, rateRange)),
    }),
    stat({
      title: 'Volume',
      description: 'Share that its files take. At three quarters the oldest blocks go; what cannot go takes the rest.',
      unit: 'percentunit',
      query: promql(`(${storedBytes})\n/ ${bytesOf(volume)}`),
      thresholds: { warn: 0.8, bad: 0.85 },
    }),
    stat({
      title: 'Targets that do not answer',
      description: 'Pods of which nothing is known now.',
      unit: 'short',
      query: promql('count(up == 0) or vector(0)'),
      thresholds: { bad: 1 },
    }),
  );
}

const targets = row(
  'What is read',
  table({
    title: 'Targets',
    description: 'By job: how many answer, how long they take, and how many samples a reading brings.',
    labels: { job: 'Job' },
    values: [
      { title: 'Answer', query: promql('sum by (job) (up)'), unit: 'short' },
      {
        title: 'Do not',
        query: promql('count by (job) (up) - sum by (job) (up)'),
        unit: 'short',
        thresholds: { bad: 1 },
      },
      { title: 'Samples', query: promql('sum by (job) (scrape_samples_post_metric_relabeling)'), unit: 'short' },
      { title: 'Slowest', query: promql('max by (job) (scrape_duration_seconds)'), unit: 's', thresholds: { warn: 5 } },
    ],
    sortBy: 'Samples',
    height: 12,
  }),
);

const series = row(
  'Series',
  timeseries({
    title: 'Series',
    description:
      'Those that get samples now, or did within some hours. What makes them is on the dashboard Cardinality.',
    unit: 'short',
    queries: [promql(`prometheus_tsdb_head_series{${self}}`, { legend: 'series' })],
    width: 8,
  }),
  timeseries({
    title: 'Made and forgotten',
    description: 'Series a second. Many that are made: a label changes its values, such as the name of a pod.',
    unit: 'cps',
    queries: [
      promql(rate(`prometheus_tsdb_head_series_created_total{${self}}`, rateRange), { legend: 'made' }),
      promql(rate(`prometheus_tsdb_head_series_removed_total{${self}}`, rateRange), { legend: 'forgotten' }),
    ],
    width: 8,
  }),
  timeseries({
    title: 'Volume',
    description: 'Bytes that its files take, and of them the write-ahead log.',
    unit: 'bytes',
    queries: [
      promql(storedBytes, { legend: 'in all' }),
      promql(`prometheus_tsdb_wal_storage_size_bytes{${self}}`, { legend: 'log' }),
    ],
    width: 8,
  }),
);

const rules = row(
  'Rules and alerts',
  timeseries({
    title: 'Evaluation, share of the interval',
    description:
      'How long each group takes of the time until it is evaluated again. Above 1, evaluations are left out.',
    unit: 'percentunit',
    queries: [
      promql(`prometheus_rule_group_last_duration_seconds{${self}} / prometheus_rule_group_interval_seconds{${self}}`, {
        legend: '{{rule_group}}',
      }),
    ],
    thresholds: { bad: 1 },
    width: 8,
  }),
  timeseries({
    title: 'Evaluations that fail',
    description: 'A second, by group. Alerts of such a group do not fire, whatever happens.',
    unit: 'cps',
    queries: [
      promql(rate(`prometheus_rule_evaluation_failures_total{${self}}`, rateRange, 'rule_group'), {
        legend: '{{rule_group}}',
      }),
    ],
    width: 8,
  }),
  timeseries({
    title: 'Alerts that are handed on',
    description: 'To Alertmanager, a second; and those that it did not take.',
    unit: 'cps',
    queries: [
      promql(rate(`prometheus_notifications_sent_total{${self}}`, rateRange), { legend: 'handed on' }),
      promql(rate(`prometheus_notifications_dropped_total{${self}}`, rateRange), { legend: 'dropped' }),
    ],
    width: 8,
  }),
);

const questions = row(
  'What is asked',
  timeseries({
    title: 'Requests, by handler',
    description: 'A second: questions of people and of Grafana, and what Tempo writes.',
    unit: 'reqps',
    queries: [
      promql(rate(`prometheus_http_requests_total{${self}}`, rateRange, 'handler', 'code'), {
        legend: '{{handler}} {{code}}',
      }),
    ],
  }),
  timeseries({
    title: 'Duration, p99, by handler',
    description: 'A question over many series or a long time takes seconds.',
    unit: 's',
    queries: [
      promql(quantile(0.99, `prometheus_http_request_duration_seconds_bucket{${self}}`, rateRange, 'handler'), {
        legend: '{{handler}}',
      }),
    ],
  }),
);
