import { budgetCases, durations, nobody, requests } from '../core/budget-cases.testing';

const of = (route: string) =>
  requests(
    'loki_request_duration_seconds_count',
    'loki',
    `route="${route}", status_code="204"`,
    `route="${route}", status_code="503"`,
  );

export const lokiBudgetCases = [
  ...budgetCases('LogIntake', 0.1, of('otlp_v1_logs')),
  // Its pods are gone, so that nobody counts what is not answered.
  ...budgetCases('LogQueries', 0.1, of('loki_api_v1_query_range'), { fast: nobody }),
  ...budgetCases(
    'LogStorageTime',
    1,
    // As Prometheus 3 writes it.
    durations('loki_request_duration_seconds', 'job="loki", route="loki_api_v1_push"', '10.0'),
  ),
];
