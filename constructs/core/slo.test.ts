import { Slo, type SloProps } from './slo';

const make = (props: Partial<SloProps> = {}) =>
  new Slo({
    name: 'Orders',
    description: 'Orders are taken.',
    objective: 99.9,
    errors: (range) => `sum(rate(errors_total[${range}]))`,
    total: (range) => `sum(rate(orders_total[${range}]))`,
    ...props,
  });

describe('An objective', () => {
  it('records the share of errors over every range that its alerts ask for', () => {
    const { recordingRules, alerts } = make();
    expect(recordingRules[2]).toEqual({
      record: 'slo:error_ratio:rate1h',
      expr: 'sum(rate(errors_total[1h])) / sum(rate(orders_total[1h]))',
      labels: { slo: 'Orders' },
    });
    const asked = alerts.flatMap(({ expr }) => expr.match(/slo:error_ratio:rate\w+/g) ?? []);
    expect(recordingRules.map(({ record }) => record).sort()).toEqual([...new Set(asked)].sort());
  });

  it('tells of fast and of slow burning, each while it still burns', () => {
    const [fast, slow] = make().alerts;
    expect(fast).toMatchObject({ name: 'OrdersBudgetBurnsFast', severity: 'critical', runbook: 'OrdersBudget' });
    expect(fast?.expr.split('\nor\n')).toEqual([
      '(slo:error_ratio:rate1h{slo="Orders"} > 14.4 * 0.001 and slo:error_ratio:rate5m{slo="Orders"} > 14.4 * 0.001)',
      '(slo:error_ratio:rate6h{slo="Orders"} > 6 * 0.001 and slo:error_ratio:rate30m{slo="Orders"} > 6 * 0.001)',
    ]);
    expect(slow).toMatchObject({ name: 'OrdersBudgetBurnsSlowly', severity: 'warning', runbook: 'OrdersBudget' });
    expect(slow?.expr.split('\nor\n')).toEqual([
      '(slo:error_ratio:rate1d{slo="Orders"} > 3 * 0.001 and slo:error_ratio:rate2h{slo="Orders"} > 3 * 0.001)',
      '(slo:error_ratio:rate3d{slo="Orders"} > 1 * 0.001 and slo:error_ratio:rate6h{slo="Orders"} > 1 * 0.001)',
    ]);
  });

  it.each([0, 90, 100, Number.NaN])('of %s percent cannot be told of', (objective) => {
    expect(() => make({ objective })).toThrow('objective of Orders is');
    expect(() => make({ objective })).toThrow('a percentage from 93.1 to below 100');
  });
});
