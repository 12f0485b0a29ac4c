import type { Dashboard } from '../core/dashboard';
import { rate } from '../core/promql';
import {
  dashboard,
  folders,
  promql,
  row,
  stat,
  table,
  textVariable,
  timeseries,
  wholeRange,
  type Row,
} from '../dashboards';
import { usualUnitPrices, type UnitPrices } from '../sizing';
import { self } from './prometheus-queries';

/** Seconds of a month. */
const month = 30 * 86_400;

const [spanPrice, linePrice, samplePrice] = ['price_spans', 'price_lines', 'price_samples'];

/** Bytes of spans, bytes of lines, and samples, a second. */
const spanBytes = (range: string, ...by: readonly string[]) =>
  rate('tempo_distributor_bytes_received_total', range, ...by);
const lineBytes = (range: string, ...by: readonly string[]) =>
  rate('loki_distributor_bytes_received_total', range, ...by);
const samples = (range: string) => rate(`prometheus_tsdb_head_samples_appended_total{${self}}`, range);

const ofBytes = (perSecond: string, price: string) => `${perSecond} * ${month / 1e9} * $${price}`;
const ofSamples = (perSecond: string) => `${perSecond} * ${month / 1e6} * $${samplePrice}`;

/**
 * What each signal costs, and who makes it: what came in the time that is shown, as if it came for a month, times a price that is written on the
 * dashboard. Prices of a unit are `plumbline size` over what comes.
 *
 * @param prices that are written there at first
 */
export function costDashboard(prices: UnitPrices = usualUnitPrices): Dashboard {
  const { currency } = prices;
  return dashboard({
    uid: 'cost',
    title: 'Cost',
    folder: folders.platform,
    description:
      'What traces, logs and metrics cost in a month, if it goes on as in the time that is shown, and which service, tenant or job makes it.',
    past: '1d',
    variables: [
      textVariable(spanPrice, `${currency} for a GB of spans`, String(prices.spanGigabyte)),
      textVariable(linePrice, `${currency} for a GB of lines`, String(prices.lineGigabyte)),
      textVariable(samplePrice, `${currency} for a million samples`, String(prices.millionSamples)),
    ],
    rows: [inAMonth(), traces(), logs(), metrics()],
  });
}

function inAMonth(): Row {
  const tell = (title: string, description: string, expression: string) =>
    stat({ title, description, unit: 'short', decimals: 2, query: promql(expression), width: 8 });
  return row(
    'In a month',
    tell('Traces', 'Spans as they come to Tempo, times their price.', ofBytes(spanBytes(wholeRange), spanPrice)),
    tell('Logs', 'Lines as they come to Loki, times their price.', ofBytes(lineBytes(wholeRange), linePrice)),
    tell('Metrics', 'Samples that Prometheus takes, times their price.', ofSamples(samples(wholeRange))),
    timeseries({
      title: 'Over time, in a month',
      description: 'What each signal would cost if every hour were as the one before.',
      unit: 'short',
      stacked: true,
      queries: [
        promql(ofBytes(spanBytes('1h'), spanPrice), { legend: 'traces' }),
        promql(ofBytes(lineBytes('1h'), linePrice), { legend: 'logs' }),
        promql(ofSamples(samples('1h')), { legend: 'metrics' }),
      ],
      width: 24,
    }),
  );
}

function traces(): Row {
  const spans = (...by: readonly string[]) => rate('traces_spanmetrics_calls_total', wholeRange, ...by);
  const share = `${spans('service')}\n/ scalar(${spans()})`;
  return row(
    'Traces',
    table({
      title: 'By tenant',
      description: 'What Tempo took of each, and what that costs.',
      labels: { tenant: 'Tenant' },
      values: [
        { title: 'In a month', query: promql(ofBytes(spanBytes(wholeRange, 'tenant'), spanPrice)), unit: 'short' },
        { title: 'Bytes a second', query: promql(spanBytes(wholeRange, 'tenant')), unit: 'binBps' },
        {
          title: 'Spans a second',
          query: promql(rate('tempo_distributor_spans_received_total', wholeRange, 'tenant')),
          unit: 'cps',
        },
      ],
      width: 12,
    }),
    table({
      title: 'By service',
      description: 'By its share of all spans; that some are larger than others is not known. Twenty services.',
      labels: { service: 'Service' },
      values: [
        {
          title: 'In a month',
          query: promql(`topk(20, ${ofBytes(`${share} * scalar(${spanBytes(wholeRange)})`, spanPrice)})`),
          unit: 'short',
        },
        { title: 'Spans a second', query: promql(`topk(20, ${spans('service')})`), unit: 'cps' },
      ],
      width: 12,
    }),
  );
}

function logs(): Row {
  return row(
    'Logs',
    table({
      title: 'Logs by tenant',
      description: 'What Loki took of each, and what that costs. By service, the dashboard Log volume has it.',
      labels: { tenant: 'Tenant' },
      values: [
        { title: 'In a month', query: promql(ofBytes(lineBytes(wholeRange, 'tenant'), linePrice)), unit: 'short' },
        { title: 'Bytes a second', query: promql(lineBytes(wholeRange, 'tenant')), unit: 'binBps' },
      ],
    }),
  );
}

function metrics(): Row {
  const read = 'sum by (job, namespace) (sum_over_time(scrape_samples_post_metric_relabeling[1h])) / 3600';
  return row(
    'Metrics',
    table({
      title: 'By job and namespace',
      description:
        'Samples that were read in the last hour. What comes by OTLP or remote write has no job here: it is the rest of all samples. Thirty jobs.',
      labels: { job: 'Job', namespace: 'Namespace' },
      values: [
        { title: 'In a month', query: promql(`topk(30, ${ofSamples(read)})`), unit: 'short' },
        { title: 'Samples a second', query: promql(`topk(30, ${read})`), unit: 'cps' },
      ],
    }),
  );
}
