import { Duration } from 'cdk8s';
import type { Alert, RecordingRule } from '../core/alert';
import { downAlert } from '../core/down-alert';
import { certificateLeft, divided, roundTripSeries, selectors, type BlackboxSignals } from './blackbox-queries';
import { secondsOf, type SyntheticProbe } from './synthetic-probe';

const day = 24 * 3600;

/** What probes tell that people should know; each of a part of them only if there are such. */
export function blackboxAlerts({ job, probeJob, probes }: BlackboxSignals): readonly Alert[] {
  const { endpoints, dns, links } = divided(probes);
  const of = selectors(probeJob);
  return [
    downAlert('BlackboxExporter', job, 'Nothing is asked from outside: whether endpoints answer is not known.'),
    {
      name: 'ProbesNotRunning',
      expr: `count by (job) (up{${of.all}} == 0) > 0\nor\nabsent(up{${of.all}})`,
      for: Duration.minutes(5),
      severity: 'warning',
      summary: 'Probes of {{ $labels.job }} are not made',
      description:
        'The exporter does not answer for them, does not know their modules yet, or nobody has it ask. Alerts about what they ask are silent meanwhile.',
    },
    ...(endpoints.length > 0 ? endpointAlerts(of.endpoints, endpoints) : []),
    ...(endpoints.length > 0 ? certificateAlerts(of.all) : []),
    ...(dns.length > 0 ? dnsAlerts(of.dns, dns) : []),
    ...(links.length > 0 ? linkAlerts(of.links, links) : []),
  ];
}

/** @see roundTripSeries */
export function blackboxRecordingRules({ probeJob, probes }: BlackboxSignals): readonly RecordingRule[] {
  if (divided(probes).links.length === 0) return [];
  const of = selectors(probeJob).links;
  return [
    {
      record: roundTripSeries,
      expr: [
        `sum without (phase) (probe_icmp_duration_seconds{${of}, phase="rtt"} > 0)`,
        // What connecting takes: a packet there and one back.
        `sum without (phase) (probe_http_duration_seconds{${of}, phase="connect"} > 0)`,
        `(probe_duration_seconds{${of}, probe="tcp"} - probe_dns_lookup_time_seconds{${of}, probe="tcp"} and ${succeeded(of)})`,
      ].join('\nor\n'),
    },
  ];
}

const same = 'on (job, target)';
const succeeded = (of: string) => `${same} probe_success{${of}} == 1`;

function endpointAlerts(of: string, probes: readonly SyntheticProbe[]): readonly Alert[] {
  const failed = `probe_success{${of}} == 0`;
  const answered = `(probe_http_status_code{${of}} > 0 or probe_failed_due_to_regex{${of}} == 1)`;
  const broken = `probe_http_status_code{${of}} >= 500`;
  const uncached = `probe_failed_due_to_regex{${of}, probe="cdn"} == 1`;
  return [
    {
      name: 'EndpointDown',
      expr: `${failed}\nunless ${same} ${answered}`,
      for: Duration.minutes(3),
      severity: 'critical',
      summary: '{{ $labels.target }} does not answer',
      description:
        'Nothing comes back from {{ $labels.instance }} in time: its name is not known, nothing listens, its certificate is refused, or it takes too long.',
    },
    {
      name: 'EndpointServerErrors',
      expr: `${broken} and ${same} ${failed}`,
      for: Duration.minutes(3),
      severity: 'critical',
      summary: '{{ $labels.target }} answers with {{ $value }}',
      description: '{{ $labels.instance }} is reached and fails: itself, or what is behind it (502, 503, 504).',
    },
    {
      name: 'EndpointAnswersWrong',
      expr: `(${failed} and ${same} ${answered})\nunless ${same} (${broken} or ${uncached})`,
      for: Duration.minutes(5),
      severity: 'critical',
      summary: '{{ $labels.target }} answers what it should not',
      description:
        '{{ $labels.instance }} is reached, and the code, the text or a header of its answer is not what was agreed.',
    },
    {
      name: 'EndpointSlow',
      expr: `(${tooLong(probes, (own) => `avg_over_time(probe_duration_seconds{${of}${own}}[5m])`)})\nand ${succeeded(of)}`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: '{{ $labels.target }} takes {{ $value | humanizeDuration }} to answer',
      description: 'On average of five minutes, with the name and the encryption. Users wait as long, or longer.',
    },
    ...(probes.some(({ kind }) => kind === 'cdn')
      ? [
          {
            name: 'CdnAnswersUncached',
            expr: uncached,
            for: Duration.minutes(15),
            severity: 'warning',
            summary: '{{ $labels.target }} is not answered from a cache',
            description:
              'The answer of {{ $labels.instance }} has not the headers of one that came from a cache, so that every request goes to the origin.',
          } as const,
        ]
      : []),
  ];
}

function certificateAlerts(of: string): readonly Alert[] {
  const left = certificateLeft(of);
  const summary = 'A certificate of {{ $labels.target }} expires in {{ $value | humanizeDuration }}';
  return [
    {
      name: 'EndpointCertificateExpiring',
      expr: `${left} < ${21 * day}`,
      for: Duration.minutes(15),
      severity: 'warning',
      summary,
      description:
        'Whatever renews it should have by now: certificates are usually renewed when a third of their time is left.',
    },
    {
      name: 'EndpointCertificateExpiresSoon',
      expr: `${left} < ${7 * day}`,
      for: Duration.minutes(15),
      severity: 'critical',
      runbook: 'EndpointCertificateExpiring',
      summary,
      description: 'From then on clients refuse {{ $labels.instance }}.',
    },
  ];
}

function dnsAlerts(of: string, probes: readonly SyntheticProbe[]): readonly Alert[] {
  return [
    {
      name: 'DnsProbeFailing',
      expr: `probe_success{${of}} == 0`,
      for: Duration.minutes(3),
      severity: 'critical',
      summary: 'The name server of {{ $labels.target }} does not answer as it should',
      description:
        '{{ $labels.instance }} does not answer, or not with the code and the records that were agreed. Who asks it for names finds nobody.',
    },
    {
      name: 'DnsProbeSlow',
      expr: `(${tooLong(probes, (own) => `avg_over_time(probe_duration_seconds{${of}${own}}[5m])`)})\nand ${succeeded(of)}`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: 'The name server of {{ $labels.target }} takes {{ $value | humanizeDuration }}',
      description: 'On average of five minutes. Every first connection to a name waits as long.',
    },
  ];
}

function linkAlerts(of: string, probes: readonly SyntheticProbe[]): readonly Alert[] {
  return [
    {
      name: 'LinkUnreachable',
      expr: `probe_success{${of}} == 0`,
      for: Duration.minutes(3),
      severity: 'critical',
      summary: 'Nothing comes back over the link {{ $labels.link }}',
      description:
        '{{ $labels.instance }}, at its other end, does not answer from here: the link, what is behind it, or a filter between.',
    },
    {
      name: 'LinkRoundTripHigh',
      expr: `(${tooLong(probes, (own) => `avg_over_time(${roundTripSeries}{${of}${own}}[5m])`)})\nand ${succeeded(of)}`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: 'A round trip over {{ $labels.link }} takes {{ $value | humanizeDuration }}',
      description:
        'On average of five minutes, and more than was agreed for this link: it is full, or packets go another way.',
    },
  ];
}

/**
 * Each with its own limit. Those with the limit that most have are whoever is in none of the others, so that the expression does not grow
 * with them.
 */
function tooLong(probes: readonly SyntheticProbe[], series: (matcher: string) => string): string {
  const byLimit = new Map<number, string[]>();
  for (const { slow, target } of probes) {
    const seconds = secondsOf(slow);
    byLimit.set(seconds, [...(byLimit.get(seconds) ?? []), target.name]);
  }
  const [most, ...others] = Array.from(byLimit).sort(([, a], [, b]) => b.length - a.length);
  if (most === undefined) return '';
  const rest = others.flatMap(([, names]) => names);
  const own = rest.length === 0 ? '' : `, target!~"${rest.join('|')}"`;
  return [
    `${series(own)} > ${most[0]}`,
    ...others.map(([seconds, names]) => `${series(`, target=~"${names.join('|')}"`)} > ${seconds}`),
  ].join(' or ');
}
