import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { downAlert } from '../core/down-alert';
import { grew } from '../core/promql';
import { failedPushes, fullQueue, unreadBytes } from './log-agent-queries';

/** Half of what the kubelet lets a file grow to (`containerLogMaxSize`) before it begins another. */
const unreadLimit = 5 * 2 ** 20;

/**
 * What of a log agent people should know.
 *
 * @param job its scrape job, which is also the name of its DaemonSet
 * @param protocol by which it sends
 */
export function logAgentAlerts(job: string, protocol: 'loki' | 'otlp' = 'loki'): readonly Alert[] {
  const of = `job="${job}"`;
  return [
    downAlert(
      'LogAgent',
      job,
      'Nobody reads what containers and nodes log. It stays in files, of which the oldest go first.',
    ),
    {
      name: 'LogAgentSilent',
      expr: `up{${of}} == 0`,
      for: Duration.minutes(10),
      severity: 'warning',
      labels: { job },
      summary: 'The log agent at {{ $labels.instance }} does not answer',
      description: 'Lines of the pods of one node are not sent. They stay in files, of which the oldest go first.',
    },
    ...(protocol === 'loki' ? sendingToLoki(of) : sendingByOtlp(of)),
    {
      name: 'LogAgentDropsLines',
      // What rules of one's own drop is meant to be.
      expr: `sum by (job, reason) (rate(loki_process_dropped_lines_total{${of}, reason=~"ratelimit_drop_stage|too_old"}[5m])) > 1`,
      for: Duration.minutes(5),
      severity: 'warning',
      summary: 'Log agents drop {{ $value | humanize }} lines a second: {{ $labels.reason }}',
      description: 'A pod logs more than it may, or lines are older than the store takes.',
    },
    {
      name: 'LogAgentBehind',
      expr: `max by (job, instance) (${unreadBytes(of)}) > ${unreadLimit}`,
      for: Duration.minutes(5),
      severity: 'warning',
      summary: 'The log agent at {{ $labels.instance }} is {{ $value | humanize1024 }}B behind in a file',
      description:
        'The kubelet begins another file at 10 MiB and keeps five of them: what is not read until then is lost.',
    },
    {
      name: 'LogAgentUnhealthy',
      expr: `sum by (job, instance) (alloy_component_controller_running_components{${of}, health_type!="healthy"}) > 0`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: '{{ $value }} parts of the log agent at {{ $labels.instance }} do not work',
      description:
        'It does not see pods, cannot read files or the journal, or its configuration was refused: its log says which.',
    },
  ];
}

function sendingToLoki(of: string): readonly Alert[] {
  return [
    {
      name: 'LogAgentLosesLines',
      expr: grew(`loki_write_dropped_entries_total{${of}}`, '10m', ['job', 'reason']),
      for: Duration.minutes(1),
      severity: 'critical',
      summary: 'Log agents gave up lines that the store does not take: {{ $labels.reason }}',
      description:
        'They are lost. What the store cannot take for a while is tried again; these are those that it refuses.',
    },
    {
      name: 'LogAgentCannotSend',
      expr: `${failedPushes(of, '5m')} > 0.5`,
      for: Duration.minutes(10),
      severity: 'critical',
      summary:
        'The log agent at {{ $labels.instance }} fails to send {{ $value | humanizePercentage }} of its requests',
      description: 'It tries again and reads no further meanwhile. Lines stay in files, of which the oldest go first.',
    },
  ];
}

/** By names of the collector, whose exporter it is. */
function sendingByOtlp(of: string): readonly Alert[] {
  return [
    {
      name: 'LogAgentRecordsRefused',
      expr: grew(`otelcol_exporter_send_failed_log_records_total{${of}}`, '10m', ['job', 'instance']),
      for: Duration.minutes(1),
      severity: 'critical',
      summary: 'The log agent at {{ $labels.instance }} gave up lines that are not taken',
      description: 'They are lost. What cannot be taken for a while is tried again; these are those that are refused.',
    },
    {
      name: 'LogAgentQueueFull',
      expr: `${fullQueue(of)} > 0.9`,
      for: Duration.minutes(10),
      severity: 'critical',
      summary: 'The log agent at {{ $labels.instance }} cannot send: its queue is full',
      description: 'It tries again and reads no further meanwhile. Lines stay in files, of which the oldest go first.',
    },
  ];
}
