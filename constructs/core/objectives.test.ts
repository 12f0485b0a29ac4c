import { Duration } from 'cdk8s';
import { inTime, noneAnswers, objectivesOf, requestBounds, served } from './objectives';
import { Slo } from './slo';

const requests = served({
  name: 'Orders',
  description: 'Orders are taken.',
  objective: 99.9,
  job: 'shop',
  all: 'orders_total{job="shop"}',
  failed: 'orders_total{job="shop", code="500"}',
});
const ratioOf = ({ recordingRules }: Slo, range: string) =>
  recordingRules.find(({ record }) => record === `slo:error_ratio:rate${range}`)?.expr;

describe('That requests are answered', () => {
  it('is missed by those that fail, and by all while nobody is there: the larger share holds', () => {
    expect(
      ratioOf(requests, '1h')
        ?.split('\n')
        .map((line) => line.trim()),
    ).toEqual([
      'max(',
      '(sum(rate(orders_total{job="shop", code="500"}[1h])) or 0 * sum(rate(orders_total{job="shop"}[1h]))) / (sum(rate(orders_total{job="shop"}[1h])) > 0)',
      'or',
      'avg_over_time(slo:wrong:bool{slo="Orders"}[1h])',
      ')',
    ]);
  });

  it('records that nobody is there before it asks for it', () => {
    expect(requests.recordingRules[0]).toEqual({
      record: 'slo:wrong:bool',
      expr: noneAnswers('shop'),
      labels: { slo: 'Orders' },
    });
  });

  it('leaves three quarters of an hour in thirty days', () => {
    expect([requests.budget, requests.budgetMinutes]).toEqual([0.001, 43.2]);
  });
});

describe('That requests are in time', () => {
  const of = (budget: Duration) =>
    inTime({
      name: 'OrderTime',
      description: 'Orders do not take long.',
      objective: 99,
      histogram: 'order_seconds',
      of: 'job="shop"',
      bounds: requestBounds,
      budget,
    });

  it.each([
    [Duration.seconds(15), '~"10([.]0)?"'],
    [Duration.seconds(10), '~"10([.]0)?"'],
    [Duration.millis(700), '"0.5"'],
  ])('is held to the largest bound within the budget: of %s, %s', (budget, bound) => {
    expect(ratioOf(of(budget), '5m')).toContain(`sum(rate(order_seconds_bucket{job="shop", le=${bound}}[5m]))`);
  });

  it('cannot be told of less than the first bound', () => {
    expect(() => of(Duration.millis(1))).toThrow('latency of OrderTime is');
  });
});

describe('An objective', () => {
  const rest = { name: 'Orders', description: 'Orders are taken.', objective: 99 };

  it('may be of time alone', () => {
    expect(ratioOf(new Slo({ ...rest, wrongWhile: 'closed' }), '5m')).toBe(
      'avg_over_time(slo:wrong:bool{slo="Orders"}[5m])',
    );
  });

  it('has something that goes wrong', () => {
    expect(() => new Slo(rest)).toThrow('errors of Orders');
    expect(() => new Slo({ ...rest, errors: () => 'a' })).toThrow('errors of Orders');
  });
});

describe('What is promised', () => {
  it('is what documents say where an environment does not', () => {
    const { availability, latency } = objectivesOf({ latency: { queries: Duration.seconds(2) } });
    expect([availability, latency.queries.toSeconds(), latency.logStore.toSeconds()]).toEqual([99.9, 2, 20]);
  });
});
