import { budgetCases, type WrongShare } from '../core/budget-cases.testing';

const receiver = 'job="otel-ingestor", instance="10.0.0.1:8888", receiver="otlp", transport="grpc"';
const exporter = 'job="otel-aggregator", instance="10.0.0.2:8888", exporter="otlp_grpc/tempo"';
const intake: WrongShare = (share) => ({
  'up{job="otel-ingestor"}': '1x60',
  [`otelcol_receiver_accepted_spans{${receiver}}`]: `0+${Math.round(6000 * (1 - share))}x60`,
  [`otelcol_receiver_refused_spans{${receiver}}`]: `0+${Math.round(6000 * share)}x60`,
});
/** Of a queue from which 100 spans go a second, some 33 KB, after ten minutes in which it was empty. */
const queue = (bytes: string) => ({
  [`otelcol_exporter_queue_size{${exporter}, data_type="traces"}`]: `0x9 ${bytes}`,
  [`otelcol_exporter_sent_spans{${exporter}}`]: '0+6000x60',
});

export const collectorBudgetCases = [
  ...budgetCases('TraceIntake', 0.1, intake),
  // At 400 KB they wait for 12 s, at 600 for 18.
  ...budgetCases('TraceCollectionTime', 1, () => queue('400000x50'), {
    fast: queue('600000x50'),
    fastSilent: queue('600000 400000x50'),
    slow: queue('600000x1 400000x50'),
    after: 45,
  }),
];
