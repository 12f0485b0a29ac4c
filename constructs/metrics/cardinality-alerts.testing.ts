import type { AlertCase } from '../core/alert-case.testing';

const prometheus = 'job="prometheus", instance="127.0.0.1:9090"';
const series = `prometheus_tsdb_head_series{${prometheus}}`;
const of = (instance: string) => `scrape_samples_post_metric_relabeling{job="cart", instance="${instance}"}`;
/** A day, and an hour of the next. */
const after = 1_500;

export const cardinalityAlertCases: readonly AlertCase[] = [
  {
    alert: 'SeriesGrowing',
    fires: { [series]: '30000x1441 50000x70' },
    // As many times as many, of few; and many that were as many before.
    silent: { [series]: '40000x1441 50000x70' },
    labels: { job: 'prometheus', instance: '127.0.0.1:9090', severity: 'warning' },
    after,
  },
  {
    alert: 'TargetSeriesGrowing',
    fires: { [of('10.0.0.1:8080')]: '2000x1441 9000x70' },
    // More pods, each with as many as before.
    silent: {
      [of('10.0.0.1:8080')]: '2000x1520',
      [of('10.0.0.2:8080')]: '_x1440 2000x70',
      [of('10.0.0.3:8080')]: '_x1440 2000x70',
    },
    labels: { job: 'cart', severity: 'warning' },
    after,
  },
];
