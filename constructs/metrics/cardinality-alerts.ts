import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { self } from './prometheus-queries';

const series = `prometheus_tsdb_head_series{${self}}`;
const samples = 'scrape_samples_post_metric_relabeling';

/** Below so many series nobody need care, whatever they were before. */
const fewest = { all: 20_000, job: 5_000 };

/** That series grow faster than what is observed. A new Prometheus, and a new job, are not compared with the day before they were there. */
export const cardinalityAlerts: readonly Alert[] = [
  {
    name: 'SeriesGrowing',
    expr: [`${series} > 1.5 * (${series} offset 1d)`, `and ${series} > ${fewest.all}`].join('\n'),
    for: Duration.minutes(30),
    severity: 'warning',
    summary: 'Prometheus has {{ $value | humanize }} series, half more than a day before',
    description:
      'Its memory follows them; when there is none left it is ended, and reads its log for minutes before it answers again.',
  },
  {
    name: 'TargetSeriesGrowing',
    // By target, so that more pods of the same are no growth.
    expr: [
      `avg by (job) (${samples}) > 2 * avg by (job) (${samples} offset 1d)`,
      `and on (job) sum by (job) (${samples}) > ${fewest.job}`,
    ].join('\n'),
    for: Duration.minutes(30),
    severity: 'warning',
    summary: 'Each target of {{ $labels.job }} has {{ $value | humanize }} series, twice as many as a day before',
    description:
      'A label has got values without end, such as ids, paths or names of pods. The sum follows with every one of them.',
  },
];
