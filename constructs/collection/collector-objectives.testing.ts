import { budgetCases, type WrongShare } from '../core/budget-cases.testing';

const receiver = 'job="otel-ingestor", instance="10.0.0.1:8888", receiver="otlp", transport="grpc"';
const exporter = 'job="otel-aggregator", instance="10.0.0.2:8888", exporter="otlp_grpc/tempo"';
const intake: WrongShare = (share) => ({
  'up{job="otel-ingestor"}': '1x60',
  [`otelcol_receiver_accepted_spans{${receiver}}`]: `0+${Math.round(6000 * (1 - share))}x60`,
  [`otelcol_receiver_refused_spans{${receiver}}`]: `0+${Math.round(6000 * share)}x60`,
});
/** Of a queue from which 100 spans go a second, some 33 KB. */
const queue = (bytes: string) => ({
  [`otelcol_exporter_queue_size{${exporter}, data_type="traces"}`]: bytes,
  [`otelcol_exporter_sent_spans{${exporter}}`]: '0+6000x60',
});

export const collectorBudgetCases = [
  ...budgetCases('TraceIntake', 0.1, intake),
  ...budgetCases('TraceCollectionTime', 1, () => queue('400000x60'), {
    fast: queue('600000x60'),
    fastSilent: queue('400000x5 600000 400000x60'),
    slow: queue('400000x5 600000x2 400000x60'),
    after: 45,
  }),
];
