import type { AlertCase } from '../core/alert-case.testing';

const ingestor = 'job="otel-ingestor", instance="10.0.0.1:8888"';
const aggregator = 'job="otel-aggregator", instance="10.0.0.2:8888"';
const queue = (size: string) => ({
  [`otelcol_exporter_queue_size{${aggregator}, exporter="otlp_grpc/tempo", data_type="traces"}`]: size,
  [`otelcol_exporter_queue_capacity{${aggregator}, exporter="otlp_grpc/tempo", data_type="traces"}`]: '1000x60',
});
/** Of 6000 spans a minute, this many are refused. */
const intake = (refused: number) => ({
  [`otelcol_receiver_accepted_spans{${ingestor}, receiver="otlp", transport="grpc"}`]: `0+${6000 - refused}x60`,
  [`otelcol_receiver_refused_spans{${ingestor}, receiver="otlp", transport="grpc"}`]: `0+${refused}x60`,
});

function refuses(alert: string, counted: string): AlertCase {
  const refused = (series: string) => ({
    [`otelcol_receiver_refused_${counted}{${ingestor}, receiver="otlp", transport="grpc"}`]: series,
  });
  const labels = { job: 'otel-ingestor', receiver: 'otlp', severity: 'warning' };
  return { alert, fires: refused('0+60x60'), silent: refused('60x60'), labels };
}

function loses(alert: string, counted: string, exporter: string): AlertCase {
  const failed = `otelcol_exporter_send_failed_${counted}{${aggregator}, exporter="${exporter}"}`;
  return {
    alert,
    // The counter is not there before it counts for the first time.
    fires: { [failed]: '_x25 200x20' },
    silent: {
      [failed]: '200x45',
      [`otelcol_exporter_enqueue_failed_${counted}{${ingestor}, exporter="load_balancing"}`]: '0+10x45',
    },
    labels: { job: 'otel-aggregator', exporter, severity: 'critical' },
  };
}

export const collectorAlertCases: readonly AlertCase[] = [
  {
    alert: 'IngestorDown',
    fires: { [`up{${aggregator}}`]: '1x40' },
    silent: { [`up{${ingestor}}`]: '1x40' },
    labels: { job: 'otel-ingestor', severity: 'critical' },
  },
  {
    alert: 'AggregatorDown',
    fires: { [`up{${ingestor}}`]: '1x40' },
    silent: { [`up{${aggregator}}`]: '1x40' },
    labels: { job: 'otel-aggregator', severity: 'critical' },
  },
  {
    alert: 'CollectorRefusesSpans',
    fires: intake(60),
    silent: intake(0),
    labels: { job: 'otel-ingestor', receiver: 'otlp', severity: 'warning' },
  },
  loses('CollectorLosesSpans', 'spans', 'otlp_grpc/tempo'),
  refuses('CollectorRefusesLogRecords', 'log_records'),
  loses('CollectorLosesLogRecords', 'log_records', 'otlp_http/loki'),
  refuses('CollectorRefusesMetricPoints', 'metric_points'),
  loses('CollectorLosesMetricPoints', 'metric_points', 'otlp_http/prometheus'),
  {
    alert: 'CollectorQueueFilling',
    fires: queue('600x60'),
    silent: queue('0x25 900 0x30'),
    labels: {
      job: 'otel-aggregator',
      instance: '10.0.0.2:8888',
      exporter: 'otlp_grpc/tempo',
      data_type: 'traces',
      severity: 'warning',
    },
  },
];
