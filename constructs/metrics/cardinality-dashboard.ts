import type { Dashboard } from '../core/dashboard';
import { rate } from '../core/promql';
import { dashboard, folders, promql, rateRange, row, stat, table, timeseries, type Row } from '../dashboards';
import { self } from './prometheus-queries';

const series = `prometheus_tsdb_head_series{${self}}`;
/** Samples of one reading of all targets of a job: as many series as it has. */
const read = 'sum by (job) (scrape_samples_post_metric_relabeling)';

/** Labels whose values come and go with pods, clients and versions: those that are too many where something is. */
const suspects = ['pod', 'instance', 'container', 'service', 'span_name', 'http_route', 'url_path', 'le'];

/** How many series and streams there are, which metric, job and label makes them, and whether they grow. */
export const cardinalityDashboard: Dashboard = dashboard({
  uid: 'cardinality',
  title: 'Cardinality',
  folder: folders.platform,
  description:
    'How many series and streams there are, and which metric, job, label or service makes them: what memory and questions follow.',
  past: '1d',
  rows: [atAGlance(), metrics(), streams(), spans()],
});

function atAGlance(): Row {
  const dayBefore = (selector: string) => `sum(${selector}) / (sum(${selector} offset 1d) > 0)`;
  return row(
    'At a glance',
    stat({
      title: 'Series',
      description: 'Those that get samples now, or did within some hours. Memory follows them: some 4 to 8 KiB each.',
      unit: 'short',
      query: promql(series),
    }),
    stat({
      title: 'Series, of a day before',
      description: 'How many times as many as a day before. From 1.5 on an alert fires.',
      unit: 'short',
      decimals: 2,
      query: promql(dayBefore(series)),
      thresholds: { warn: 1.2, bad: 1.5 },
    }),
    stat({
      title: 'Streams',
      description: 'Of lines, in the memory of Loki.',
      unit: 'short',
      query: promql('sum(loki_ingester_memory_streams)'),
    }),
    stat({
      title: 'Streams, of a day before',
      description: 'How many times as many as a day before. From 2 on an alert fires.',
      unit: 'short',
      decimals: 2,
      query: promql(dayBefore('loki_ingester_memory_streams')),
      thresholds: { warn: 1.5, bad: 2 },
    }),
  );
}

function metrics(): Row {
  const values = suspects
    .map((label) => `label_replace(count(count by (${label}) ({${label}!=""})), "label", "${label}", "", "")`)
    .join('\nor ');
  return row(
    'Series',
    timeseries({
      title: 'Series over time',
      description: 'Those that get samples now, or did within some hours.',
      unit: 'short',
      queries: [promql(series, { legend: 'series' })],
      width: 8,
    }),
    timeseries({
      title: 'Ten jobs with the most',
      description: 'Series of all targets of a job at each reading, after what is dropped.',
      unit: 'short',
      queries: [promql(`topk(10, ${read})`, { legend: '{{job}}' })],
      width: 8,
    }),
    timeseries({
      title: 'New at a reading',
      description: 'Series that a job did not have before, of an hour. Those that go on are labels that change.',
      unit: 'short',
      queries: [promql('topk(10, sum by (job) (sum_over_time(scrape_series_added[1h])))', { legend: '{{job}}' })],
      width: 8,
    }),
    table({
      title: 'Metrics with the most series',
      description: 'Twenty names. One with a label too many is what fills the memory.',
      labels: { __name__: 'Metric' },
      values: [{ title: 'Series', query: promql('topk(20, count by (__name__) ({__name__=~".+"}))'), unit: 'short' }],
      width: 8,
      height: 12,
    }),
    table({
      title: 'Jobs',
      description: 'Twenty jobs: what each has, how many times as many as a day before, and what of it is new.',
      labels: { job: 'Job' },
      values: [
        { title: 'Series', query: promql(`topk(20, ${read})`), unit: 'short' },
        {
          title: 'Of a day before',
          query: promql(`${read}\n/ (sum by (job) (scrape_samples_post_metric_relabeling offset 1d) > 0)`),
          unit: 'short',
          thresholds: { warn: 1.5, bad: 2 },
        },
        {
          title: 'New in an hour',
          query: promql('sum by (job) (sum_over_time(scrape_series_added[1h]))'),
          unit: 'short',
        },
      ],
      width: 8,
      height: 12,
    }),
    table({
      title: 'Values of labels',
      description: 'How many different values labels have that are known to have many.',
      labels: { label: 'Label' },
      values: [{ title: 'Values', query: promql(values), unit: 'short' }],
      width: 8,
      height: 12,
    }),
  );
}

function streams(): Row {
  return row(
    'Streams of lines',
    timeseries({
      title: 'Streams in memory',
      description:
        'By tenant. Beyond the limit, lines of new ones are refused. By service, the dashboard Log volume has them.',
      unit: 'short',
      queries: [promql('sum by (tenant) (loki_ingester_memory_streams)', { legend: '{{tenant}}' })],
    }),
    timeseries({
      title: 'New streams',
      description: 'A second, by tenant. Those that go on are labels that change, such as the name of a pod.',
      unit: 'cps',
      queries: [promql(rate('loki_ingester_streams_created_total', rateRange, 'tenant'), { legend: '{{tenant}}' })],
    }),
  );
}

function spans(): Row {
  return row(
    'Series made of spans',
    timeseries({
      title: 'Series made of spans',
      description: 'What Tempo makes of them, by tenant: services times operations times outcomes times buckets.',
      unit: 'short',
      queries: [promql('sum by (tenant) (tempo_metrics_generator_registry_active_series)', { legend: '{{tenant}}' })],
    }),
    table({
      title: 'Services with the most operations',
      description: 'Twenty services. An operation with an id in its name makes one for each id.',
      labels: { service: 'Service' },
      values: [
        {
          title: 'Operations',
          query: promql(
            'topk(20, count by (service) (count by (service, span_name) (traces_spanmetrics_calls_total)))',
          ),
          unit: 'short',
        },
      ],
      width: 12,
    }),
  );
}
