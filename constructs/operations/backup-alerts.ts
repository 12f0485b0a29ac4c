import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { sinceSuccess, type WatchedCronJob } from './cron-job-age';

/** What people should know of backups, by what kube-state-metrics tells of their CronJobs. */
export function backupAlerts(
  copies: readonly WatchedCronJob[],
  verification: WatchedCronJob | undefined,
): readonly Alert[] {
  return [
    ...copies.map((job): Alert => ({
      name: 'BackupTooOld',
      expr: sinceSuccess(job),
      for: Duration.minutes(5),
      severity: 'critical',
      // Each has a limit of its own, so there are several of one name.
      labels: { cronjob: job.name },
      summary: '{{ $labels.cronjob }} has made no backup for {{ $value | humanizeDuration }}',
      description:
        'What was written since is lost with the volumes of the cluster. Its Job says why it fails, or does not start.',
    })),
    ...(verification === undefined
      ? []
      : [
          {
            name: 'BackupNotVerified',
            expr: sinceSuccess(verification),
            for: Duration.minutes(5),
            severity: 'critical',
            summary: 'The newest backups have not been found whole for {{ $value | humanizeDuration }}',
            description:
              'Something in them is missing or was changed, or nobody looked: they may not be what a restore needs.',
          } satisfies Alert,
        ]),
  ];
}
