import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { downAlert } from '../core/down-alert';
import { requests, requestsFailing, requestTime } from './fastapi-queries';

/** From when on something is worth telling. */
export interface FastApiThresholds {
  /** Share of requests. @default 0.05 */
  readonly errorRate?: number;
  /** @default Duration.seconds(1) */
  readonly latency?: Duration;
}

/**
 * What of a FastAPI application people should know.
 *
 * @param job its scrape job
 */
export function fastApiAlerts(
  job: string,
  { errorRate = 0.05, latency = Duration.seconds(1) }: FastApiThresholds = {},
): readonly Alert[] {
  const of = `job="${job}"`;
  // Of few requests, one that fails is a large share.
  const enough = `${requests(of, '5m', 'job')} > 0.1`;
  return [
    downAlert('FastApi', job, 'No process of the application answers, or it does not expose metrics there.'),
    {
      name: 'FastApiErrors',
      expr: `${requestsFailing(of, '5m')} > ${errorRate}\nand\n${enough}`,
      for: Duration.minutes(5),
      severity: 'critical',
      summary: '{{ $labels.job }} fails at {{ $value | humanizePercentage }} of its requests',
      description: 'With a status of 500 or above: an error of the application or of what it needs, not of who asks.',
    },
    {
      name: 'FastApiSlow',
      expr: `${requestTime(of, '5m', 0.95)} > ${latency.toSeconds({ integral: false })}\nand\n${enough}`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: 'One in twenty requests to {{ $labels.job }} takes longer than {{ $value | humanizeDuration }}',
      description: 'It is short of CPU, waits for a database or another service, or blocks its event loop.',
    },
  ];
}
