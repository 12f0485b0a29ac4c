import type { AlertCase } from '../core/alert-case.testing';

const pod = (ordinal: number) => `job="alertmanager", instance="10.0.0.${ordinal}:9093"`;
const failed = `alertmanager_notifications_failed_total{${pod(1)}, integration="slack", reason="other"}`;
const dropped = 'prometheus_notifications_dropped_total{job="prometheus", instance="127.0.0.1:9090"}';

/** Of three replicas, with somebody who waits for the Watchdog. */
export const alertmanagerAlertCases: readonly AlertCase[] = [
  {
    alert: 'AlertmanagerDown',
    fires: { [`up{${pod(1)}}`]: '1x5 0x40' },
    silent: { [`up{${pod(1)}}`]: '1x5 0x40', [`up{${pod(2)}}`]: '1x40' },
    labels: { job: 'alertmanager', severity: 'critical' },
  },
  {
    alert: 'AlertmanagerNotificationsFailing',
    fires: { [failed]: '0+1x40' },
    silent: { [failed]: '0x5 3x40' },
    labels: { job: 'alertmanager', integration: 'slack', severity: 'critical' },
  },
  {
    alert: 'AlertsNotDelivered',
    fires: { [dropped]: '0x20 1x20' },
    silent: { [dropped]: '3x40' },
    labels: { job: 'prometheus', severity: 'critical' },
  },
  {
    alert: 'AlertmanagerMembersMissing',
    fires: {
      [`alertmanager_cluster_members{${pod(1)}}`]: '3x5 2x40',
      [`alertmanager_cluster_members{${pod(2)}}`]: '3x45',
    },
    silent: {
      [`alertmanager_cluster_members{${pod(1)}}`]: '3x45',
      [`alertmanager_cluster_members{${pod(2)}}`]: '3x45',
    },
    labels: { job: 'alertmanager', severity: 'warning' },
  },
  {
    alert: 'Watchdog',
    fires: { [`up{${pod(1)}}`]: '1x40', [`up{${pod(2)}}`]: '0x40' },
    silent: { [`up{${pod(1)}}`]: '0x40' },
    labels: { job: 'alertmanager', severity: 'info' },
  },
];
