import { budgetCases, requests } from '../core/budget-cases.testing';

const of = (route: string) =>
  requests(
    'cortex_request_duration_seconds_count',
    'mimir',
    `route="${route}", status_code="200"`,
    `route="${route}", status_code="500"`,
  );

export const mimirBudgetCases = [
  ...budgetCases('MetricIntake', 0.1, of('api_v1_push')),
  ...budgetCases('LongTermQueries', 0.1, of('prometheus_api_v1_query_range')),
];
