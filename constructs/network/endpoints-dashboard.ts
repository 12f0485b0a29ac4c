import type { Dashboard } from '../core/dashboard';
import {
  dashboard,
  folders,
  goProcess,
  labelVariable,
  ownTitle,
  ownUid,
  promql,
  row,
  stat,
  table,
  timeseries,
  type Row,
} from '../dashboards';
import { certificateLeft, type BlackboxSignals } from './blackbox-queries';

const day = 24 * 3600;

/** Whether endpoints answer, how fast, and until when their certificates hold. */
export function endpointsDashboard({ job, probeJob }: Pick<BlackboxSignals, 'job' | 'probeJob'>): Dashboard {
  const of = `job="${probeJob}", target=~"$target"`;
  return dashboard({
    uid: ownUid(job, 'endpoints'),
    title: ownTitle('Endpoints and certificates', 'blackbox-exporter', job),
    folder: folders.infrastructure,
    description:
      'Whether endpoints answer as users ask them, how fast, how often in thirty days, and until when certificates hold.',
    variables: [labelVariable({ name: 'target', title: 'Target', series: `probe_success{job="${probeJob}"}` })],
    past: '6h',
    rows: [atAGlance(of), endpoints(of), times(of), certificates(of), goProcess(`job="${job}"`)],
  });
}

/** Share of the probes of thirty days that succeeded, or of as many as are kept. */
const availability = (of: string) => `avg_over_time(probe_success{${of}}[30d])`;

function atAGlance(of: string): Row {
  return row(
    'At a glance',
    stat({
      title: 'Do not answer',
      description: 'Targets whose newest probe failed.',
      unit: 'short',
      query: promql(`count(probe_success{${of}} == 0) or vector(0)`),
      thresholds: { bad: 1 },
    }),
    stat({
      title: 'Availability, 30 days',
      description: 'Share of all probes that succeeded, as far back as samples are kept.',
      unit: 'percentunit',
      query: promql(`avg(${availability(of)})`),
      decimals: 3,
    }),
    stat({
      title: 'Certificates that expire',
      description: 'Within 21 days.',
      unit: 'short',
      query: promql(`count(${certificateLeft(of)} < ${21 * day}) or vector(0)`),
      thresholds: { warn: 1 },
    }),
    stat({
      title: 'Not asked',
      description: 'Probes that the exporter does not make: of them nothing is known.',
      unit: 'short',
      query: promql(`count(up{${of}} == 0) or vector(0)`),
      thresholds: { bad: 1 },
    }),
  );
}

function endpoints(of: string): Row {
  const by = 'target, probe, site';
  return row(
    'Endpoints',
    table({
      title: 'Endpoints',
      description:
        'How each is now, and how often it answered in thirty days. A code of HTTP is that of the newest answer.',
      labels: { target: 'Target', probe: 'Probe', site: 'Site' },
      values: [
        { title: 'Answers', query: promql(`min by (${by}) (probe_success{${of}})`), unit: 'short' },
        {
          title: 'Availability, 30 days',
          query: promql(`avg by (${by}) (${availability(of)})`),
          unit: 'percentunit',
        },
        {
          title: 'Takes',
          query: promql(`max by (${by}) (probe_duration_seconds{${of}})`),
          unit: 's',
        },
        { title: 'Code', query: promql(`max by (${by}) (probe_http_status_code{${of}} > 0)`), unit: 'none' },
      ],
      sortBy: 'Takes',
      height: 12,
    }),
    timeseries({
      title: 'Answered',
      description: 'Share of the probes of a quarter of an hour that succeeded.',
      unit: 'percentunit',
      max: 1,
      queries: [promql(`avg by (target) (avg_over_time(probe_success{${of}}[15m]))`, { legend: '{{target}}' })],
    }),
    timeseries({
      title: 'Codes',
      description: 'Of answers by HTTP.',
      unit: 'none',
      queries: [promql(`max by (target) (probe_http_status_code{${of}} > 0)`, { legend: '{{target}}' })],
    }),
  );
}

function times(of: string): Row {
  return row(
    'How fast',
    timeseries({
      title: 'Whole probe',
      description:
        'From the question for the name to the end of the answer. One that failed may have waited as long as it could.',
      unit: 's',
      queries: [promql(`max by (target) (probe_duration_seconds{${of}})`, { legend: '{{target}}' })],
    }),
    timeseries({
      title: 'HTTP, by phase',
      description: 'Average of the targets: name, connection, encryption, waiting for the first byte, the rest.',
      unit: 's',
      stacked: true,
      queries: [promql(`avg by (phase) (probe_http_duration_seconds{${of}})`, { legend: '{{phase}}' })],
    }),
    timeseries({
      title: 'Name servers',
      description: 'What a question to each takes, without the connection.',
      unit: 's',
      queries: [
        promql(`max by (target) (probe_dns_duration_seconds{${of}, phase="request"})`, { legend: '{{target}}' }),
      ],
    }),
    timeseries({
      title: 'Names of targets',
      description: 'What the cluster’s own name server takes for the name of each target.',
      unit: 's',
      queries: [promql(`max by (target) (probe_dns_lookup_time_seconds{${of}})`, { legend: '{{target}}' })],
    }),
  );
}

function certificates(of: string): Row {
  const left = `min by (target, site) (${certificateLeft(of)})`;
  return row(
    'Certificates',
    table({
      title: 'Expire first',
      description:
        'The twenty that hold the shortest. Of a certificate that has expired nothing is known: the endpoint does not answer then.',
      labels: { target: 'Target', site: 'Site' },
      values: [{ title: 'Expires in', query: promql(`bottomk(20, ${left})`), unit: 's' }],
      width: 12,
    }),
    timeseries({
      title: 'Time that is left',
      description: 'Goes down by a day a day, and up when a certificate is renewed.',
      unit: 's',
      queries: [promql(left, { legend: '{{target}}' })],
    }),
  );
}
