import type { Dashboard } from '../core/dashboard';
import { rate } from '../core/promql';
import {
  dashboard,
  folders,
  goProcess,
  heatmap,
  labelVariable,
  ownTitle,
  ownUid,
  promql,
  rateRange,
  row,
  stat,
  table,
  timeseries,
  type Row,
} from '../dashboards';
import { named, recorded, targetInfo, targetLabels } from './smokeping-queries';

/**
 * Loss, round trips and jitter of every target, and what of them links have in common.
 *
 * @param name of the component
 * @param job scrape job of its prober
 */
export function smokepingDashboard(name: string, job: string): Dashboard {
  const ofJob = `job="${job}"`;
  const chosen = 'target=~"$target", link=~"$link"';
  const of = `${ofJob}, ${chosen}`;
  return dashboard({
    uid: ownUid(name, 'latency-and-loss'),
    title: ownTitle('Latency and loss', 'smokeping', name),
    folder: folders.infrastructure,
    description:
      'How long pings to each target take, how much that varies, and how many are lost: by target and by link.',
    variables: [
      labelVariable({ name: 'target', title: 'Target', series: `${targetInfo}{${ofJob}}` }),
      // A target may be behind no link that has a name.
      labelVariable({ name: 'link', title: 'Link', series: `${targetInfo}{${ofJob}}`, all: '.*' }),
    ],
    rows: [atAGlance(of), roundTrips(of, job, chosen), losses(of), goProcess(ofJob)],
    past: '6h',
  });
}

function atAGlance(of: string): Row {
  const spread = jitter(of);
  return row(
    'At a glance',
    stat({
      title: 'Unreachable',
      description: 'Targets that have answered no ping for five minutes.',
      unit: 'short',
      query: promql(`count(${recorded.loss}{${of}} == 1) or vector(0)`),
      thresholds: { warn: 1, bad: 2 },
    }),
    stat({
      title: 'Most loss',
      description: 'Of the target that most pings to are lost.',
      unit: 'percentunit',
      query: promql(`max(${recorded.loss}{${of}})`),
      thresholds: { warn: 0.01, bad: 0.05 },
    }),
    stat({
      title: 'Slowest',
      description: 'Median of the target that is slowest. What is far away is slow and well.',
      unit: 's',
      query: promql(`max(${recorded.median}{${of}})`),
    }),
    stat({
      title: 'Most jitter',
      description: 'How much slower than its median one ping in twenty is, where that is worst.',
      unit: 's',
      query: promql(`max(${spread})`),
      thresholds: { warn: 0.02, bad: 0.05 },
    }),
    table({
      title: 'Targets',
      description: 'As they are at the end of the time.',
      labels: { target: 'Target', region: 'Region', site: 'Site', provider: 'Provider', link: 'Link' },
      values: [
        {
          title: 'Loss',
          unit: 'percentunit',
          query: byTarget(`${recorded.loss}{${of}}`),
          thresholds: { warn: 0.01, bad: 0.05 },
        },
        { title: 'Median', unit: 's', query: byTarget(`${recorded.median}{${of}}`) },
        { title: '95 %', unit: 's', query: byTarget(`${recorded.high}{${of}}`) },
        { title: 'Jitter', unit: 's', query: byTarget(spread), thresholds: { warn: 0.02, bad: 0.05 } },
      ],
    }),
  );
}

function roundTrips(of: string, job: string, chosen: string): Row {
  const buckets = rate(`smokeping_response_duration_seconds_bucket{job="${job}"}`, rateRange, 'job', 'host', 'le');
  return row(
    'Round trips',
    timeseries({
      title: 'Median by target',
      description: 'A step that stays: traffic goes another way. A bulge by day: something is full.',
      unit: 's',
      queries: [promql(`${recorded.median}{${of}}`, { legend: '{{target}}' })],
      values: true,
    }),
    heatmap({
      title: 'All pings',
      description: 'Of the targets that are chosen. Two bands of one target: two ways to it.',
      unit: 's',
      query: promql(`sum by (le) (${named(buckets, job, chosen)})`),
    }),
    timeseries({
      title: '95 % by target',
      description: 'One ping in twenty takes longer than this.',
      unit: 's',
      queries: [promql(`${recorded.high}{${of}}`, { legend: '{{target}}' })],
    }),
    timeseries({
      title: 'Jitter by target',
      description: 'From the median to what one ping in twenty takes. Calls stutter from some 30 ms on.',
      unit: 's',
      queries: [promql(jitter(of), { legend: '{{target}}' })],
      thresholds: { warn: 0.02, bad: 0.05 },
    }),
  );
}

function losses(of: string): Row {
  return row(
    'Loss',
    timeseries({
      title: 'Loss by target',
      description: 'Share of pings that are not answered. A target that answers none may be told not to.',
      unit: 'percentunit',
      max: 1,
      queries: [promql(`${recorded.loss}{${of}}`, { legend: '{{target}}' })],
      values: true,
    }),
    timeseries({
      title: 'Loss by link',
      description: 'Of the target behind it that loses least: what all have in common, the link does.',
      unit: 'percentunit',
      max: 1,
      queries: [promql(`min by (link) (${recorded.loss}{${of}, link!=""})`, { legend: '{{link}}' })],
    }),
  );
}

function jitter(of: string): string {
  return `${recorded.high}{${of}} - ${recorded.median}{${of}}`;
}

function byTarget(expression: string) {
  return promql(`sum by (${targetLabels.join(', ')}) (${expression})`);
}
