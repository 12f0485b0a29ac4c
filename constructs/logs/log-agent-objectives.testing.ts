import { budgetCases, durations } from '../core/budget-cases.testing';

export const logAgentBudgetCases = budgetCases(
  'LogCollectionTime',
  1,
  durations('loki_write_entry_propagation_latency_seconds', 'job="log-agent", host="loki.logs:3100"', '10.0'),
);
