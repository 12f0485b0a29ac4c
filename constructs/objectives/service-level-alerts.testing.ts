import type { AlertCase } from '../core/alert-case.testing';

/** All goes wrong for so many minutes of two hours: of 99.9 %, 43 may. */
const wrong = (minutes: number) => ({
  'slo:error_ratio:rate5m{slo="LogIntake"}': `1x${minutes - 1} 0x${120 - minutes}`,
});

export const serviceLevelAlertCases: readonly AlertCase[] = [
  {
    alert: 'ErrorBudgetSpent',
    fires: wrong(60),
    silent: wrong(30),
    labels: { slo: 'LogIntake', severity: 'warning' },
    after: 110,
  },
];
