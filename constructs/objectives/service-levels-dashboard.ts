import type { Dashboard } from '../core/dashboard';
import { burnRates } from '../core/slo';
import { dashboard, folders, promql, row, table, timeseries } from '../dashboards';
import { budgetSpent, burnRate, promised } from './service-level-queries';

const [first, second] = burnRates.fast;
const left = promql(`1 - max by (slo) (${budgetSpent})`, { legend: '{{slo}}' });

/** What was promised, and how much may still go wrong. */
export const serviceLevelsDashboard: Dashboard = dashboard({
  uid: 'service-levels',
  title: 'Service levels',
  folder: folders.platform,
  description:
    'What is promised of the platform over thirty days, how much of what may go wrong is left, and how fast it is used up.',
  past: '7d',
  rows: [
    row(
      'Now',
      table({
        title: 'Error budgets',
        description:
          'What is left of what may go wrong in thirty days; below zero, the promise is not kept. Of a Prometheus that keeps fewer days it is of those.',
        labels: { slo: 'Objective' },
        values: [
          { title: 'Budget left', query: left, unit: 'percentunit' },
          { title: 'Promised', query: promql(`max by (slo) (${promised})`), unit: 'percentunit' },
          {
            title: 'Wrong in the last hour',
            query: promql('max by (slo) (slo:error_ratio:rate1h)'),
            unit: 'percentunit',
          },
          {
            title: 'Burn rate',
            query: promql(burnRate('1h')),
            unit: 'short',
            thresholds: { warn: 1, bad: second.factor },
          },
        ],
        sortBy: 'Burn rate',
      }),
    ),
    row(
      'Over time',
      timeseries({
        title: 'Budget left',
        description: 'Of each objective. It falls when something goes wrong, and rises when that is thirty days ago.',
        unit: 'percentunit',
        min: -1,
        max: 1,
        queries: [left],
        width: 24,
      }),
      timeseries({
        title: 'Burn rate, over an hour',
        description: `A rate of 1 uses up the budget in exactly thirty days. From ${first.factor} on somebody is woken.`,
        unit: 'short',
        queries: [promql(burnRate('1h'), { legend: '{{slo}}' })],
      }),
      timeseries({
        title: 'Burn rate, over six hours',
        description: `As beside it, without what is short. From ${second.factor} on somebody is woken.`,
        unit: 'short',
        queries: [promql(burnRate('6h'), { legend: '{{slo}}' })],
      }),
    ),
  ],
});
