import { budgetCases, durations, nobody, requests } from '../core/budget-cases.testing';

export const grafanaBudgetCases = [
  ...budgetCases(
    'Dashboards',
    0.1,
    requests('grafana_http_request_duration_seconds_count', 'grafana', 'status_code="200"', 'status_code="500"'),
    // It is there, and does not answer.
    { fast: { ...nobody, 'up{job="grafana", instance="10.0.0.1:3000"}': '0x60' } },
  ),
  ...budgetCases(
    'QueryTime',
    1,
    durations('grafana_datasource_request_duration_seconds', 'job="grafana", datasource="mimir"', '5'),
  ),
];
