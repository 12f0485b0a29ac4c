import type { AlertCase } from '../core/alert-case.testing';

const pod = 'job="log-agent", instance="10.0.0.1:12345"';
const path = 'path="/var/log/pods/shop_cart-0_1/cart/0.log"';
const lost = `loki_write_dropped_entries_total{${pod}, host="loki:3100", tenant="", reason="ingester_error"}`;
const dropped = (reason: string) => `loki_process_dropped_lines_total{${pod}, reason="${reason}"}`;
const requests = (failed: string) => ({
  [`loki_write_request_duration_seconds_count{${pod}, status_code="204", host="loki:3100"}`]: '0+60x40',
  [`loki_write_request_duration_seconds_count{${pod}, status_code="503", host="loki:3100"}`]: failed,
});
const file = (read: string) => ({
  [`loki_source_file_file_bytes_total{${pod}, ${path}}`]: '8000000x40',
  [`loki_source_file_read_bytes_total{${pod}, ${path}}`]: read,
});
const parts = (unhealthy: string) => ({
  [`alloy_component_controller_running_components{${pod}, health_type="healthy", controller_id=""}`]: '6x40',
  [`alloy_component_controller_running_components{${pod}, health_type="unhealthy", controller_id=""}`]: unhealthy,
});
const ofAgent = { job: 'log-agent', instance: '10.0.0.1:12345' };

const otlp = 'job="log-agent-otlp", instance="10.0.0.1:12345"';
const exporter = 'component_id="otelcol.exporter.otlphttp.logs"';
const queue = (length: string) => ({
  [`otelcol_exporter_queue_size{${otlp}, ${exporter}, data_type="logs"}`]: length,
  [`otelcol_exporter_queue_capacity{${otlp}, ${exporter}}`]: '4000x40',
});
const refused = (records: string) => ({
  [`otelcol_exporter_send_failed_log_records_total{${otlp}, ${exporter}}`]: records,
});
const ofOtlp = { job: 'log-agent-otlp', instance: '10.0.0.1:12345' };

export const logAgentAlertCases: readonly AlertCase[] = [
  {
    alert: 'LogAgentRecordsRefused',
    fires: refused('0x25 7x20'),
    silent: refused('7x40'),
    labels: { ...ofOtlp, severity: 'critical' },
  },
  {
    alert: 'LogAgentQueueFull',
    fires: queue('4000x40'),
    silent: queue('4000x5 200x40'),
    labels: { ...ofOtlp, severity: 'critical' },
  },
  {
    alert: 'LogAgentDown',
    fires: { [`up{${pod}}`]: '0x40' },
    silent: { [`up{${pod}}`]: '1x40', 'up{job="log-agent", instance="10.0.0.2:12345"}': '0x40' },
    labels: { job: 'log-agent', severity: 'critical' },
  },
  {
    alert: 'LogAgentSilent',
    fires: { [`up{${pod}}`]: '0x40', 'up{job="log-agent", instance="10.0.0.2:12345"}': '1x40' },
    silent: { [`up{${pod}}`]: '1x25 0x5 1x10' },
    labels: { ...ofAgent, severity: 'warning' },
  },
  {
    alert: 'LogAgentLosesLines',
    fires: { [lost]: '0x25 7x20' },
    silent: { [lost]: '7x40' },
    labels: { job: 'log-agent', reason: 'ingester_error', severity: 'critical' },
  },
  {
    alert: 'LogAgentDropsLines',
    fires: { [dropped('ratelimit_drop_stage')]: '0+300x40' },
    silent: { [dropped('health_checks')]: '0+300x40' },
    labels: { job: 'log-agent', reason: 'ratelimit_drop_stage', severity: 'warning' },
  },
  {
    alert: 'LogAgentCannotSend',
    fires: requests('0+120x40'),
    silent: requests('0+6x40'),
    labels: { ...ofAgent, severity: 'critical' },
  },
  {
    alert: 'LogAgentBehind',
    fires: file('1000000x40'),
    silent: file('7000000x40'),
    labels: { ...ofAgent, severity: 'warning' },
  },
  {
    alert: 'LogAgentUnhealthy',
    fires: parts('1x40'),
    silent: parts('0x40'),
    labels: { ...ofAgent, severity: 'warning' },
  },
];
