import { quantile, rate } from '../core/promql';
import {
  dashboard,
  folders,
  heatmap,
  labelVariable,
  nodeGraph,
  promql,
  rateRange,
  row,
  serviceMap,
  stat,
  table,
  timeseries,
  traceql,
  traces,
  wholeRange,
} from '../dashboards';
import { durationQuantile, failedRate, failedShare, requestRate, servers } from './span-metrics';

/* What applications do, of what a Tempo makes of their spans. The same of every Tempo: its series do not say which one wrote them. */

const services = labelVariable({
  name: 'service',
  title: 'Service',
  series: `traces_spanmetrics_calls_total{${servers}}`,
});
const routes = labelVariable({
  name: 'route',
  title: 'Route',
  series: `traces_spanmetrics_calls_total{${servers}, service=~"$service"}`,
  label: 'span_name',
});
const chosen = `${servers}, service=~"$service", span_name=~"$route"`;

/** The same of spans, for TraceQL: intrinsics and attributes of the resource. */
const chosenSpans = 'kind = server && resource.service.name =~ "$service" && name =~ "$route"';

/** Rate, errors and duration of each route: of what a service is asked. */
export const apmRoutesStatus = dashboard({
  uid: 'apm-routes-status',
  title: 'Routes',
  folder: folders.applications,
  description:
    'How often each route of each service is asked, how often it fails, and how long it takes; from there to traces. Of spans of the kind server.',
  variables: [services, routes],
  rows: [
    row(
      'At a glance',
      stat({
        title: 'Requests',
        description: 'Of the routes that are chosen, a second.',
        unit: 'reqps',
        query: promql(requestRate(chosen, rateRange)),
        none: 'no requests',
      }),
      stat({
        title: 'Failed',
        description: 'Share of the requests whose span has the status error. Above a twentieth an alert fires.',
        unit: 'percentunit',
        query: promql(`${failedShare(chosen, rateRange)}\nor\n0 * ${requestRate(chosen, rateRange)}`),
        thresholds: { warn: 0.01, bad: 0.05 },
        none: 'no requests',
      }),
      stat({
        title: 'Duration, median',
        description: 'Half of the requests take longer.',
        unit: 's',
        query: promql(durationQuantile(0.5, chosen, rateRange)),
        none: 'no requests',
      }),
      stat({
        title: 'Duration, p95',
        description: 'One request in twenty takes longer. Above half a second an alert fires.',
        unit: 's',
        query: promql(durationQuantile(0.95, chosen, rateRange)),
        thresholds: { warn: 0.25, bad: 0.5 },
        none: 'no requests',
      }),
    ),
    row(
      'Over time',
      timeseries({
        title: 'Requests, by service and status',
        description:
          'A second. UNSET is what ended without an error: instrumentation says OK only where somebody decided it.',
        unit: 'reqps',
        queries: [
          promql(requestRate(chosen, rateRange, 'service', 'status_code'), {
            legend: '{{service}} {{status_code}}',
            exemplars: true,
          }),
        ],
        stacked: true,
      }),
      timeseries({
        title: 'Failed, by route',
        description: 'Share of the requests of each route. A diamond is a trace: click it.',
        unit: 'percentunit',
        max: 1,
        queries: [
          promql(failedShare(chosen, rateRange, 'service', 'span_name'), {
            legend: '{{service}} {{span_name}}',
            exemplars: true,
          }),
        ],
      }),
      timeseries({
        title: 'Duration, p95, by route',
        description: 'A diamond is a trace of about that duration: click it.',
        unit: 's',
        queries: [
          promql(durationQuantile(0.95, chosen, rateRange, 'service', 'span_name'), {
            legend: '{{service}} {{span_name}}',
            exemplars: true,
          }),
        ],
      }),
      heatmap({
        title: 'Durations',
        description:
          'How many requests took how long. Two bands are two ways through the code, such as with and without a cache.',
        unit: 's',
        query: promql(rate(`traces_spanmetrics_latency_bucket{${chosen}}`, rateRange, 'le'), { exemplars: true }),
      }),
    ),
    row(
      'By route',
      table({
        title: 'Routes',
        description: 'Over the time that is shown. Click a title to put them in its order.',
        labels: { service: 'Service', span_name: 'Route' },
        values: [
          { title: 'Requests', query: promql(requestRate(chosen, wholeRange, 'service', 'span_name')), unit: 'reqps' },
          { title: 'Failures', query: promql(failedRate(chosen, wholeRange, 'service', 'span_name')), unit: 'reqps' },
          {
            title: 'Failed',
            query: promql(failedShare(chosen, wholeRange, 'service', 'span_name')),
            unit: 'percentunit',
            thresholds: { warn: 0.01, bad: 0.05 },
          },
          {
            title: 'Median',
            query: promql(durationQuantile(0.5, chosen, wholeRange, 'service', 'span_name')),
            unit: 's',
          },
          {
            title: 'p95',
            query: promql(durationQuantile(0.95, chosen, wholeRange, 'service', 'span_name')),
            unit: 's',
            thresholds: { warn: 0.25, bad: 0.5 },
          },
        ],
      }),
    ),
    row(
      'Traces',
      traces({
        title: 'Failed',
        description: 'The newest traces with a failed request of the routes that are chosen. A click opens one.',
        query: traceql(`{ ${chosenSpans} && status = error }`),
        width: 12,
      }),
      traces({
        title: 'Slow',
        description: 'The newest traces with a request that took longer than half a second. A click opens one.',
        query: traceql(`{ ${chosenSpans} && duration > 500ms }`),
        width: 12,
      }),
    ),
  ],
});

const pair = ['client', 'server', 'connection_type'] as const;

/** Who calls whom. */
export const apmServiceMap = dashboard({
  uid: 'apm-service-map',
  title: 'Service map',
  folder: folders.applications,
  description:
    'Which service calls which, how often, how long that takes and how often it fails: of pairs of client and server spans.',
  rows: [
    row(
      'Map',
      nodeGraph({
        title: 'Services',
        description:
          'A ring is red for the share of requests that failed. Click a service for its traces and its series.',
        query: serviceMap(),
      }),
    ),
    row(
      'Calls',
      table({
        title: 'Calls',
        description:
          'Over the time that is shown, of each pair. A client without a name is a user, or somebody whose spans do not come here.',
        labels: { client: 'Client', server: 'Server', connection_type: 'Kind' },
        values: [
          {
            title: 'Calls',
            query: promql(rate('traces_service_graph_request_total', wholeRange, ...pair)),
            unit: 'reqps',
          },
          {
            title: 'Failed',
            query: promql(rate('traces_service_graph_request_failed_total', wholeRange, ...pair)),
            unit: 'reqps',
            thresholds: { bad: 0.001 },
          },
          {
            title: 'p95',
            query: promql(quantile(0.95, 'traces_service_graph_request_client_seconds_bucket', wholeRange, ...pair)),
            unit: 's',
          },
        ],
        height: 10,
      }),
    ),
  ],
});
