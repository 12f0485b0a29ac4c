import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { budgetSpent } from './service-level-queries';

/** What of objectives as a whole people should know: each tells itself how fast it is missed. */
export const serviceLevelAlerts: readonly Alert[] = [
  {
    name: 'ErrorBudgetSpent',
    expr: `${budgetSpent} >= 1`,
    for: Duration.minutes(15),
    severity: 'warning',
    summary:
      'Nothing may go wrong with {{ $labels.slo }} any more: {{ $value | humanizePercentage }} of thirty days are used up',
    description:
      'What was promised over thirty days is not kept. Until days that went wrong are over, what is risky waits.',
  },
];
