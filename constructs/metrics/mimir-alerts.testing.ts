import type { AlertCase } from '../core/alert-case.testing';

/* Of a Mimir of three members, with the limits that it has by itself. */

const pods = ['mimir-0', 'mimir-1', 'mimir-2'].map((pod) => `job="mimir", instance="${pod}:8080"`);
const [pod = ''] = pods;
const ofAll = (name: string, labels: string, values: string) =>
  Object.fromEntries(pods.map((each) => [`${name}{${each}${labels}}`, values]));
const requests = (failed: string) => ({
  [`cortex_request_duration_seconds_count{${pod}, route="api_v1_push", status_code="200"}`]: '0+600x40',
  [`cortex_request_duration_seconds_count{${pod}, route="api_v1_push", status_code="500"}`]: failed,
});
const refused = `cortex_discarded_samples_total{${pod}, reason="per_user_series_limit", user="anonymous", group=""}`;
const uploads = `cortex_ingester_shipper_upload_failures_total{${pod}}`;
const runs = `cortex_compactor_runs_failed_total{${pod}, reason="error"}`;
const changes = (values: string) =>
  ofAll('cortex_ha_tracker_elected_replica_changes_total', ', user="anonymous", cluster="metrics/prometheus"', values);
const ruleGroup = `user="anonymous", rule_group="/data/ruler/anonymous/tempo.yml;tempo"`;
const failedRules = `cortex_prometheus_rule_evaluation_failures_total{${pod}, ${ruleGroup}, reason="user"}`;
const dropped = `cortex_prometheus_notifications_dropped_total{${pod}, user="anonymous"}`;
const evaluations = (values: string) => ofAll('cortex_prometheus_rule_evaluations_total', ', user="anonymous"', values);
const volume = (free: string) => ({
  'kubelet_volume_stats_available_bytes{namespace="metrics", persistentvolumeclaim="data-mimir-0"}': free,
  'kubelet_volume_stats_capacity_bytes{namespace="metrics", persistentvolumeclaim="data-mimir-0"}': '1000x40',
});

export const mimirAlertCases: readonly AlertCase[] = [
  {
    alert: 'MimirDown',
    fires: { [`up{${pod}}`]: '1x5 0x40' },
    silent: { [`up{${pod}}`]: '1x40' },
    labels: { job: 'mimir', severity: 'critical' },
  },
  {
    alert: 'MimirMemberMissing',
    fires: { ...ofAll('up', '', '1x40'), [`up{${pod}}`]: '1x5 0x40' },
    silent: ofAll('up', '', '1x40'),
    labels: { job: 'mimir', severity: 'warning' },
  },
  {
    alert: 'MimirRequestErrors',
    fires: requests('0+60x40'),
    silent: requests('0+20x40'),
    labels: { job: 'mimir', route: 'api_v1_push', severity: 'critical' },
  },
  {
    alert: 'MimirRefusesSamples',
    fires: { [refused]: '0+60x40' },
    silent: { [refused]: '0 60x40' },
    labels: { job: 'mimir', user: 'anonymous', reason: 'per_user_series_limit', severity: 'warning' },
  },
  {
    alert: 'MimirSeriesNearLimit',
    // On each of three members, of 500 000.
    fires: ofAll('cortex_ingester_active_series', ', user="anonymous"', '410000x40'),
    silent: ofAll('cortex_ingester_active_series', ', user="anonymous"', '390000x40'),
    labels: { job: 'mimir', user: 'anonymous', severity: 'warning' },
  },
  {
    alert: 'MimirBlocksNotShipped',
    fires: { [uploads]: '0+1x40' },
    silent: { [uploads]: '0x20 1x20' },
    labels: { job: 'mimir', instance: 'mimir-0:8080', severity: 'critical' },
  },
  {
    alert: 'MimirCompactionFailing',
    fires: { [runs]: '0x10 1x50 2x50 3x50 4x50' },
    silent: { [runs]: '0x10 1x200' },
    labels: { job: 'mimir', severity: 'warning' },
    after: 200,
  },
  {
    alert: 'MimirReplicaFlapping',
    // Every five minutes, and once, when a Prometheus is restarted: each member sees it.
    fires: changes('0x4 1x4 2x4 3x4 4x4 5x4 6x4 7x4 8x4 9x4 10x4 11x4 12x4 13x4 14x4 15x4'),
    silent: changes('0x20 1x60'),
    labels: { job: 'mimir', user: 'anonymous', severity: 'warning' },
    after: 75,
  },
  {
    alert: 'MimirLimitsRefused',
    fires: ofAll('cortex_runtime_config_last_reload_successful', '', '0x40'),
    silent: ofAll('cortex_runtime_config_last_reload_successful', '', '1x40'),
    labels: { job: 'mimir', severity: 'critical' },
  },
  {
    alert: 'MimirRulesFailing',
    fires: { [failedRules]: '0x20 1x20' },
    silent: { [failedRules]: '3x40' },
    labels: { job: 'mimir', rule_group: '/data/ruler/anonymous/tempo.yml;tempo', severity: 'critical' },
  },
  {
    alert: 'MimirAlertsNotDelivered',
    fires: { [dropped]: '0x20 4x20' },
    silent: { [dropped]: '4x40' },
    labels: { job: 'mimir', severity: 'critical' },
  },
  {
    alert: 'MimirRulesNotEvaluated',
    // None does, or none is there.
    fires: evaluations('40x40'),
    // One of three has the only group.
    silent: {
      ...evaluations('40x40'),
      [`cortex_prometheus_rule_evaluations_total{${pod}, user="anonymous"}`]: '0+4x40',
    },
    labels: { job: 'mimir', severity: 'critical' },
  },
  {
    alert: 'MimirDiskFilling',
    fires: volume('100x40'),
    silent: volume('200x40'),
    labels: { namespace: 'metrics', persistentvolumeclaim: 'data-mimir-0', severity: 'critical' },
  },
];
