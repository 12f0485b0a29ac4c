import { inTime, served, type Objectives } from '../core/objectives';
import type { Slo } from '../core/slo';

/** Of `alertmanager_notification_latency_seconds`, as Alertmanager 0.33 has them. */
export const notificationBounds: readonly number[] = [1, 5, 10, 15, 20];

/** What is promised of an Alertmanager: that people are told, and soon after it has waited for others of the group. @param job its scrape job */
export function alertmanagerObjectives(job: string, objectives: Objectives | undefined): readonly Slo[] {
  if (objectives === undefined) return [];
  const { availability, inTime: share, latency } = objectives;
  return [
    served({
      name: 'AlertDelivery',
      description: 'People are told of alerts.',
      objective: availability,
      job,
      all: `alertmanager_notifications_total{job="${job}"}`,
      failed: `alertmanager_notifications_failed_total{job="${job}"}`,
    }),
    inTime({
      name: 'AlertDeliveryTime',
      description: `A message takes no longer than ${latency.alerts.toSeconds()} s.`,
      objective: share,
      histogram: 'alertmanager_notification_latency_seconds',
      of: `job="${job}"`,
      bounds: notificationBounds,
      budget: latency.alerts,
    }),
  ];
}
