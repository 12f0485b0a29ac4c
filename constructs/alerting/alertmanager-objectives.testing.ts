import { budgetCases, durations, type WrongShare } from '../core/budget-cases.testing';

const of = 'job="alertmanager", integration="slack"';
/** What fails is counted among all, too. */
const notifications: WrongShare = (share) => ({
  'up{job="alertmanager"}': '1x60',
  [`alertmanager_notifications_total{${of}}`]: '0+6000x60',
  [`alertmanager_notifications_failed_total{${of}, reason="serverError"}`]: `0+${Math.round(6000 * share)}x60`,
});

export const alertmanagerBudgetCases = [
  ...budgetCases('AlertDelivery', 0.1, notifications),
  ...budgetCases('AlertDeliveryTime', 1, durations('alertmanager_notification_latency_seconds', of, '20')),
];
