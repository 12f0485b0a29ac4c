import type { Dashboard } from '../core/dashboard';
import {
  dashboard,
  folders,
  labelVariable,
  ownTitle,
  ownUid,
  promql,
  row,
  stat,
  table,
  timeseries,
  wholeRange,
} from '../dashboards';
import { divided, roundTripSeries, type BlackboxSignals } from './blackbox-queries';

/** Ways between sites and clouds: whether packets come back, and how long they take. None where there is no link. */
export function roundTripsDashboard({ job, probeJob, probes }: BlackboxSignals): readonly Dashboard[] {
  if (divided(probes).links.length === 0) return [];
  const of = `job="${probeJob}", link=~"$link"`;
  const series = `${roundTripSeries}{${of}}`;
  const ends = 'from_provider, from_site, provider, site, link';
  return [
    dashboard({
      uid: ownUid(job, 'round-trips'),
      title: ownTitle('Network round trips', 'blackbox-exporter', job),
      folder: folders.infrastructure,
      description: 'How long packets take between sites and clouds, and whether they come back.',
      variables: [labelVariable({ name: 'link', title: 'Link', series: `probe_success{job="${probeJob}", link!=""}` })],
      past: '6h',
      rows: [
        row(
          'At a glance',
          stat({
            title: 'Links without an answer',
            description: 'The newest probe of each failed.',
            unit: 'short',
            query: promql(`count(probe_success{${of}} == 0) or vector(0)`),
            thresholds: { bad: 1 },
          }),
          stat({
            title: 'Longest round trip',
            description: 'Of all links, now.',
            unit: 's',
            query: promql(`max(${series})`),
          }),
          stat({
            title: 'Lost',
            description: 'Share of the probes of all links that had no answer, in the time that is shown.',
            unit: 'percentunit',
            query: promql(`1 - avg(avg_over_time(probe_success{${of}}[${wholeRange}]))`),
            thresholds: { warn: 0.001, bad: 0.01 },
          }),
        ),
        row(
          'Between sites and clouds',
          table({
            title: 'From site to site',
            description: 'Each link as it is now, in the time that is shown, and how often there was an answer.',
            labels: {
              from_provider: 'From',
              from_site: 'From site',
              provider: 'To',
              site: 'To site',
              link: 'Link',
            },
            values: [
              { title: 'Round trip', query: promql(`max by (${ends}) (${series})`), unit: 's' },
              {
                title: 'On average',
                query: promql(`avg by (${ends}) (avg_over_time(${series}[${wholeRange}]))`),
                unit: 's',
              },
              {
                title: 'Longest',
                query: promql(`max by (${ends}) (max_over_time(${series}[${wholeRange}]))`),
                unit: 's',
              },
              {
                title: 'Answered',
                query: promql(`avg by (${ends}) (avg_over_time(probe_success{${of}}[${wholeRange}]))`),
                unit: 'percentunit',
              },
            ],
            height: 10,
          }),
          timeseries({
            title: 'Round trips, by link',
            description: 'A step that stays is another path; a rise that comes and goes is a link that is full.',
            unit: 's',
            queries: [promql(`max by (link) (${series})`, { legend: '{{link}}' })],
            values: true,
          }),
          timeseries({
            title: 'Round trips, by cloud',
            description: 'Average of the links between each two providers.',
            unit: 's',
            queries: [
              promql(`avg by (from_provider, provider) (${series})`, { legend: '{{from_provider}} to {{provider}}' }),
            ],
            values: true,
          }),
          timeseries({
            title: 'Lost',
            description: 'Share of the probes of a quarter of an hour that had no answer, by link.',
            unit: 'percentunit',
            max: 1,
            queries: [promql(`max by (link) (1 - avg_over_time(probe_success{${of}}[15m]))`, { legend: '{{link}}' })],
            width: 24,
          }),
        ),
      ],
    }),
  ];
}
