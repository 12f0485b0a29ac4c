import type { Dashboard } from '../core/dashboard';
import {
  dashboard,
  folders,
  labelVariable,
  promql,
  rateRange,
  row,
  stat,
  table,
  textVariable,
  timeseries,
  wholeRange,
} from '../dashboards';
import { apdex, apdexBounds, durationQuantile, failedShare, requestRate, servers } from './span-metrics';

/** Those of the sample shop, at first. */
const order = { service: 'checkout', operation: 'POST /orders' } as const;

const chosen = `${servers}, service=~"$service"`;
const orders = `${servers}, service="$order_service", span_name="$order_operation"`;
/** Of the share of errors over an hour, on average: whoever has fewer days has the average of those. */
const kept = '1 - avg by (slo) (avg_over_time(slo:error_ratio:rate1h[30d]))';

/** What those notice who use what runs here: whether they wait, whether what was promised is kept, and whether they order. */
export const experienceDashboard: Dashboard = dashboard({
  uid: 'experience',
  title: 'User experience',
  folder: folders.applications,
  description:
    'Whether people wait or get errors, whether what was promised over thirty days is kept, and how many orders there are. Of spans of the kind server.',
  past: '24h',
  variables: [
    labelVariable({ name: 'service', title: 'Service', series: `traces_spanmetrics_calls_total{${servers}}` }),
    textVariable('order_service', 'Service that takes orders', order.service),
    textVariable('order_operation', 'Operation that is an order', order.operation),
  ],
  rows: [
    row(
      'Experience',
      stat({
        title: 'Apdex',
        description: `Of all services that are chosen: those who are answered within ${apdexBounds.satisfied} s, and half of those within ${apdexBounds.tolerating} s, without an error.`,
        unit: 'short',
        decimals: 2,
        query: promql(apdex(chosen, wholeRange)),
      }),
      timeseries({
        title: 'Apdex, by service',
        description: 'From 0.94 on it is excellent, below 0.7 poor, and an alert fires.',
        unit: 'short',
        max: 1,
        queries: [promql(apdex(chosen, '15m', 'service'), { legend: '{{service}}' })],
        width: 18,
      }),
    ),
    row(
      'Promises',
      table({
        title: 'Kept over thirty days',
        description: 'Share of what went well, of each promise. What is promised is in the page of its alert.',
        labels: { slo: 'Promise' },
        values: [
          { title: 'Kept', query: promql(kept), unit: 'percentunit' },
          {
            title: 'Errors in the last hour',
            query: promql('max by (slo) (slo:error_ratio:rate1h)'),
            unit: 'percentunit',
          },
        ],
        sortBy: 'Errors in the last hour',
      }),
    ),
    row(
      'Orders',
      timeseries({
        title: 'Orders a minute',
        description: 'Requests to the operation that is named above, those that fail among them.',
        unit: 'short',
        queries: [
          promql(`60 * ${requestRate(orders, rateRange)}`, { legend: 'now' }),
          promql(`60 * sum(rate(traces_spanmetrics_calls_total{${orders}}[1h] offset 1d))`, { legend: 'a day before' }),
        ],
        width: 8,
      }),
      timeseries({
        title: 'Orders that fail',
        description: 'Share of them whose span has the status error.',
        unit: 'percentunit',
        max: 1,
        queries: [promql(failedShare(orders, rateRange), { legend: 'failed' })],
        width: 8,
      }),
      timeseries({
        title: 'Duration of an order, p95',
        description: 'One in twenty takes longer.',
        unit: 's',
        queries: [promql(durationQuantile(0.95, orders, rateRange), { legend: 'p95' })],
        width: 8,
      }),
    ),
  ],
});
