import type { AlertCase } from '../core/alert-case.testing';

const pod = 'job="tempo", instance="10.0.0.1:3200"';
const members = (state: string) =>
  Object.fromEntries([1, 2, 3].map((member) => [`up{job="tempo", instance="10.0.0.${member}:3200"}`, state]));
const copies = (failures: string) => ({
  [`tempo_distributor_ingester_appends_total{${pod}, ingester="10.0.0.2:9095"}`]: '0+1000x40',
  [`tempo_distributor_ingester_append_failures_total{${pod}, ingester="10.0.0.2:9095"}`]: failures,
});
const calls = (errors: string) => ({
  'traces_spanmetrics_calls_total{service="cart", span_kind="SPAN_KIND_SERVER", status_code="STATUS_CODE_UNSET"}':
    '0+600x40',
  'traces_spanmetrics_calls_total{service="cart", span_kind="SPAN_KIND_SERVER", status_code="STATUS_CODE_ERROR"}':
    errors,
});
const latency = (withinHalf: string) => ({
  'traces_spanmetrics_latency_bucket{service="cart", span_kind="SPAN_KIND_SERVER", le="0.5"}': withinHalf,
  'traces_spanmetrics_latency_bucket{service="cart", span_kind="SPAN_KIND_SERVER", le="1"}': '0+600x40',
  'traces_spanmetrics_latency_bucket{service="cart", span_kind="SPAN_KIND_SERVER", le="+Inf"}': '0+600x40',
});
const experience = (satisfied: string, tolerating: string) => ({
  'traces_spanmetrics_latency_bucket{service="cart", span_kind="SPAN_KIND_SERVER", status_code="STATUS_CODE_UNSET", le="0.512"}':
    satisfied,
  'traces_spanmetrics_latency_bucket{service="cart", span_kind="SPAN_KIND_SERVER", status_code="STATUS_CODE_UNSET", le="2.048"}':
    tolerating,
  'traces_spanmetrics_latency_bucket{service="cart", span_kind="SPAN_KIND_SERVER", status_code="STATUS_CODE_UNSET", le="+Inf"}':
    '0+540x60',
  // Quick, and wrong.
  'traces_spanmetrics_latency_bucket{service="cart", span_kind="SPAN_KIND_SERVER", status_code="STATUS_CODE_ERROR", le="0.512"}':
    '0+60x60',
  'traces_spanmetrics_latency_bucket{service="cart", span_kind="SPAN_KIND_SERVER", status_code="STATUS_CODE_ERROR", le="+Inf"}':
    '0+60x60',
});
const busy = 'instance:node_cpu_used:ratio_rate5m{job="node-exporter", instance="10.0.0.9:9100"}';
const volume = (free: string) => ({
  'kubelet_volume_stats_available_bytes{namespace="tempo", persistentvolumeclaim="data-tempo-0"}': free,
  'kubelet_volume_stats_capacity_bytes{namespace="tempo", persistentvolumeclaim="data-tempo-0"}': '1000x40',
});

export const tempoAlertCases: readonly AlertCase[] = [
  {
    alert: 'TempoDown',
    fires: { [`up{${pod}}`]: '1x5 0x40' },
    // One pod of two.
    silent: { [`up{${pod}}`]: '1x5 0x40', 'up{job="tempo", instance="10.0.0.2:3200"}': '1x40' },
    labels: { job: 'tempo', severity: 'critical' },
  },
  {
    alert: 'TempoMemberMissing',
    fires: { ...members('1x40'), [`up{${pod}}`]: '1x5 0x40' },
    // One was restarted.
    silent: { ...members('1x40'), [`up{${pod}}`]: '1x5 0x10 1x25' },
    labels: { job: 'tempo', severity: 'warning' },
  },
  {
    alert: 'TempoCopiesMissing',
    fires: copies('0+20x40'),
    silent: copies('0+5x40'),
    labels: { job: 'tempo', ingester: '10.0.0.2:9095', severity: 'warning' },
  },
  {
    alert: 'TempoRefusesSpans',
    fires: { [`tempo_discarded_spans_total{${pod}, reason="rate_limited", tenant="single-tenant"}`]: '0+60x40' },
    silent: { [`tempo_discarded_spans_total{${pod}, reason="rate_limited", tenant="single-tenant"}`]: '0 60x40' },
    labels: { job: 'tempo', reason: 'rate_limited', severity: 'warning' },
  },
  {
    alert: 'TempoFlushFailing',
    fires: { [`tempo_ingester_failed_flushes_total{${pod}}`]: '0+1x40' },
    silent: { [`tempo_ingester_failed_flushes_total{${pod}}`]: '0x20 1x20' },
    labels: { job: 'tempo', severity: 'critical' },
  },
  {
    alert: 'TempoCompactionFailing',
    fires: { [`tempodb_compaction_errors_total{${pod}}`]: '0+1x40' },
    silent: { [`tempodb_compaction_errors_total{${pod}}`]: '0x20 1x20' },
    labels: { job: 'tempo', severity: 'warning' },
  },
  {
    alert: 'TempoDiskFilling',
    fires: volume('100x40'),
    silent: volume('200x40'),
    labels: { namespace: 'tempo', persistentvolumeclaim: 'data-tempo-0', severity: 'critical' },
  },
  {
    alert: 'HighErrorRate',
    fires: calls('0+60x40'),
    silent: calls('0+20x40'),
    labels: { service: 'cart', severity: 'critical' },
  },
  {
    alert: 'HighLatency',
    fires: latency('0+500x40'),
    silent: latency('0+590x40'),
    labels: { service: 'cart', severity: 'warning' },
  },
  {
    alert: 'PoorUserExperience',
    // Of ten, five are satisfied and two tolerate it.
    fires: experience('0+300x60', '0+420x60'),
    silent: experience('0+360x60', '0+540x60'),
    labels: { service: 'cart', severity: 'warning' },
    after: 50,
  },
  {
    alert: 'SlowWhileNodesAreBusy',
    fires: { ...latency('0+500x40'), [busy]: '0.95x40' },
    silent: { ...latency('0+500x40'), [busy]: '0.85x40' },
    labels: { service: 'cart', severity: 'critical' },
  },
];
