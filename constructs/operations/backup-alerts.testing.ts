import type { AlertCase } from '../core/alert-case.testing';

const topics = 'namespace="operations", cronjob="backup-topics"';
const verification = 'namespace="operations", cronjob="backup-verification"';

/** Names are those of a {@link Backup} that has every part. */
export const backupAlertCases: readonly AlertCase[] = [
  {
    alert: 'BackupTooOld',
    // Made long ago, and it succeeded once, at the beginning.
    fires: {
      [`kube_cronjob_created{${topics}}`]: '0x60',
      [`kube_cronjob_status_last_successful_time{${topics}}`]: '60x60',
    },
    silent: {
      [`kube_cronjob_created{${topics}}`]: '0x60',
      [`kube_cronjob_status_last_successful_time{${topics}}`]: '0+60x60',
    },
    labels: { namespace: 'operations', cronjob: 'backup-topics', severity: 'critical' },
  },
  {
    alert: 'BackupNotVerified',
    // It never succeeded.
    fires: { [`kube_cronjob_created{${verification}}`]: '0x4000' },
    silent: { [`kube_cronjob_status_last_successful_time{${verification}}`]: '0+60x4000' },
    labels: { namespace: 'operations', cronjob: 'backup-verification', severity: 'critical' },
    after: 3_000,
  },
];
