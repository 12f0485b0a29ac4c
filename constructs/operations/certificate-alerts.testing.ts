import type { AlertCase } from '../core/alert-case.testing';

const job = 'namespace="storage", cronjob="certificate-restarts-storage"';

/** Names are those of a {@link CertificateRestarts} in the namespace `storage`. */
export const certificateAlertCases: readonly AlertCase[] = [
  {
    alert: 'CertificatesNotTakenUp',
    // It succeeded once, at the beginning.
    fires: {
      [`kube_cronjob_created{${job}}`]: '0x2000',
      [`kube_cronjob_status_last_successful_time{${job}}`]: '60x2000',
    },
    silent: { [`kube_cronjob_status_last_successful_time{${job}}`]: '0+60x2000' },
    labels: { namespace: 'storage', cronjob: 'certificate-restarts-storage', severity: 'warning' },
    after: 1_500,
  },
];
