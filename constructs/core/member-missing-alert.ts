import { Duration } from 'cdk8s';
import type { Alert } from './alert';

/** What has members of which one may be away. */
export interface ObservedMembers {
  /** As the alert is named after it: `Tempo`. */
  readonly product: string;
  /** Its scrape job. */
  readonly job: string;
  /** Members that there should be. */
  readonly replicas: number;
}

/**
 * That a member does not answer; none for one that is alone, of which `downAlert` tells.
 *
 * @param consequence what it means that one is away, a sentence or two
 */
export function memberMissingAlerts(
  { product, job, replicas }: ObservedMembers,
  consequence: string,
): readonly Alert[] {
  if (replicas === 1) return [];
  return [
    {
      name: `${product}MemberMissing`,
      expr: `count by (job) (up{job="${job}"} == 1) < ${replicas}`,
      for: Duration.minutes(15),
      severity: 'warning',
      summary: `Of ${replicas} members of {{ $labels.job }} only {{ $value }} answer`,
      description: consequence,
    },
  ];
}
