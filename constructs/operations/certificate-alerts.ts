import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { sinceSuccess, type WatchedCronJob } from './cron-job-age';

/** What people should know of certificates that servers show, by what kube-state-metrics tells of the CronJob that looks at them. */
export function certificateAlerts(job: WatchedCronJob): readonly Alert[] {
  return [
    {
      name: 'CertificatesNotTakenUp',
      expr: sinceSuccess(job),
      for: Duration.minutes(5),
      severity: 'warning',
      // Each namespace has one.
      labels: { cronjob: job.name },
      summary:
        'Servers in {{ $labels.namespace }} were not found to show the certificates of their Secrets for {{ $value | humanizeDuration }}',
      description:
        'One of them shows an old certificate and cannot be started again, or one in a Secret has ended, or nobody looked. Clients refuse it when it ends.',
    },
  ];
}
