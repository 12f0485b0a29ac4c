import { budgetCases, requests } from '../core/budget-cases.testing';

const asked = 'handler="/api/v1/query_range"';

export const prometheusBudgetCases = budgetCases(
  'MetricQueries',
  0.1,
  requests('prometheus_http_requests_total', 'prometheus', `${asked}, code="200"`, `${asked}, code="503"`),
);
