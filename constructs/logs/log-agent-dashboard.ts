import type { Dashboard } from '../core/dashboard';
import { quantile, rate } from '../core/promql';
import {
  dashboard,
  folders,
  goProcess,
  ownTitle,
  ownUid,
  promql,
  rateRange,
  row,
  stat,
  timeseries,
  type Row,
} from '../dashboards';
import { failedPushes, fullQueue, lostLines, unreadBytes } from './log-agent-queries';

/**
 * What log agents read, send and leave out; names as Alloy 1.18 has them.
 *
 * @param job their scrape job, which is also their name
 * @param protocol by which they send
 */
export function logAgentDashboard(job: string, protocol: 'loki' | 'otlp' = 'loki'): Dashboard {
  const of = `job="${job}"`;
  return dashboard({
    uid: ownUid(job),
    title: ownTitle('Log agent', 'log-agent', job),
    folder: folders.platform,
    description:
      'Whether what containers and nodes log is read, sent and taken, how far behind it is, and what is left out.',
    rows: [atAGlance(of, protocol), reading(of), protocol === 'loki' ? sending(of) : sendingByOtlp(of), goProcess(of)],
  });
}

function atAGlance(of: string, protocol: 'loki' | 'otlp'): Row {
  const [sent, lost] =
    protocol === 'loki'
      ? [rate(`loki_write_sent_entries_total{${of}}`, rateRange), lostLines(of, rateRange)]
      : [
          rate(`otelcol_exporter_sent_log_records_total{${of}}`, rateRange),
          rate(`otelcol_exporter_send_failed_log_records_total{${of}}`, rateRange),
        ];
  return row(
    'At a glance',
    stat({
      title: 'Lines sent',
      description: 'A second, of all nodes together.',
      unit: 'cps',
      query: promql(sent),
      none: 'none',
    }),
    stat({
      title: 'Lines lost',
      description: 'A second: the store refuses them, for whatever reason.',
      unit: 'cps',
      query: promql(`sum(${lost}) or vector(0)`),
      thresholds: { warn: 0.01 },
    }),
    stat({
      title: 'Furthest behind',
      description: 'Bytes of a file that are written and not read. The kubelet begins another file at 10 MiB.',
      unit: 'bytes',
      query: promql(`max(${unreadBytes(of)})`),
      thresholds: { warn: 2 ** 20, bad: 5 * 2 ** 20 },
    }),
    stat({
      title: 'Agents that do not answer',
      description: 'Nodes of which nothing is read.',
      unit: 'short',
      query: promql(`count(up{${of}} == 0) or vector(0)`),
      thresholds: { warn: 1 },
    }),
  );
}

function reading(of: string): Row {
  return row(
    'What is read',
    timeseries({
      title: 'Lines of containers, by node',
      description: 'A second, before anything is left out.',
      unit: 'cps',
      queries: [
        promql(rate(`loki_source_file_read_lines_total{${of}}`, rateRange, 'instance'), { legend: '{{instance}}' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Lines of the journal, by node',
      description: 'A second: of units of the node, and of its kernel.',
      unit: 'cps',
      queries: [
        promql(rate(`loki_source_journal_target_lines_total{${of}}`, rateRange, 'instance'), {
          legend: '{{instance}}',
        }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Left out, by reason',
      description: 'A second: rules of one’s own, pods that log too much, and lines that are too old.',
      unit: 'cps',
      queries: [promql(rate(`loki_process_dropped_lines_total{${of}}`, rateRange, 'reason'), { legend: '{{reason}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Files that are read',
      description: 'Of each node: one for each container.',
      unit: 'short',
      queries: [promql(`sum by (instance) (loki_source_file_files_active_total{${of}})`, { legend: '{{instance}}' })],
      width: 12,
    }),
    timeseries({
      title: 'Behind, by node',
      description: 'Bytes that are written to files and not read, of the file that has most.',
      unit: 'bytes',
      queries: [promql(`max by (instance) (${unreadBytes(of)})`, { legend: '{{instance}}' })],
      width: 12,
    }),
  );
}

function sending(of: string): Row {
  return row(
    'What is sent',
    timeseries({
      title: 'Bytes, by node',
      description: 'Of lines and their metadata, a second, before compression.',
      unit: 'binBps',
      queries: [promql(rate(`loki_write_sent_bytes_total{${of}}`, rateRange, 'instance'), { legend: '{{instance}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Requests that fail, by node',
      description: 'A share. They are sent again; meanwhile nothing more is read.',
      unit: 'percentunit',
      queries: [promql(failedPushes(of, rateRange), { legend: '{{instance}}' })],
      width: 8,
    }),
    timeseries({
      title: 'From read to taken',
      description: 'What 95 % of lines are faster than, of all nodes.',
      unit: 's',
      queries: [
        promql(quantile(0.95, `loki_write_entry_propagation_latency_seconds_bucket{${of}}`, rateRange), {
          legend: '95 %',
        }),
      ],
      width: 8,
    }),
  );
}

function sendingByOtlp(of: string): Row {
  return row(
    'What is sent',
    timeseries({
      title: 'Lines, by node',
      description: 'A second, that were taken.',
      unit: 'cps',
      queries: [
        promql(rate(`otelcol_exporter_sent_log_records_total{${of}}`, rateRange, 'instance'), {
          legend: '{{instance}}',
        }),
      ],
    }),
    timeseries({
      title: 'Queue, by node',
      description: 'A share: what waits to be taken. When it is full, nothing more is read.',
      unit: 'percentunit',
      queries: [promql(fullQueue(of), { legend: '{{instance}}' })],
      thresholds: { warn: 0.9 },
      max: 1,
    }),
  );
}
