import type { Dashboard } from '../core/dashboard';
import {
  dashboard,
  folders,
  labelVariable,
  nodeProcess,
  ownTitle,
  ownUid,
  promql,
  rateRange,
  row,
  stat,
  table,
  timeseries,
  wholeRange,
  type Row,
} from '../dashboards';
import { loss, reached, roundTrip, routeChanges } from './path-monitor-queries';

/**
 * Paths through the network, by target and by hop.
 *
 * @param job its scrape job, which is also the name of its component
 */
export function pathMonitorDashboard(job: string): Dashboard {
  const of = `job="${job}", target=~"$target"`;
  return dashboard({
    uid: ownUid(job),
    title: ownTitle('Network paths', 'network-paths', job),
    folder: folders.infrastructure,
    description: 'Which way packets go to each target, what is lost, how long they take, and when routes changed.',
    variables: [
      labelVariable({ name: 'target', title: 'Target', series: `plumbline_network_path_runs_total{job="${job}"}` }),
    ],
    rows: [atAGlance(of), targets(of), hops(of), nodeProcess(`job="${job}"`)],
    past: '6h',
  });
}

function atAGlance(of: string): Row {
  return row(
    'At a glance',
    stat({
      title: 'Do not answer',
      description: 'Targets to which no packet came back in the newest measurement.',
      unit: 'short',
      query: promql(`count(${reached(of)} == 0) or vector(0)`),
      thresholds: { bad: 1 },
    }),
    stat({
      title: 'Worst loss',
      description: 'Share of packets to the target that loses most, in the newest measurement.',
      unit: 'percentunit',
      query: promql(`max(${loss(of)})`),
      thresholds: { warn: 0.05, bad: 0.2 },
    }),
    stat({
      title: 'Changes of routes',
      description: 'Times that packets began to go another way, in the time of the dashboard.',
      unit: 'short',
      decimals: 0,
      query: promql(`sum(${routeChanges(of, wholeRange)})`),
    }),
    stat({
      title: 'Not measured',
      description: 'Measurements that failed, in the time of the dashboard: names without an address, or mtr itself.',
      unit: 'short',
      decimals: 0,
      query: promql(
        `sum(increase(plumbline_network_path_runs_total{${of}, result!="measured"}[${wholeRange}])) or vector(0)`,
      ),
      thresholds: { warn: 1 },
    }),
    table({
      title: 'Targets',
      description: 'As each was measured last.',
      labels: { target: 'Target', job: 'Monitor' },
      values: [
        { title: 'Loss', query: promql(loss(of)), unit: 'percentunit', thresholds: { warn: 0.05, bad: 0.2 } },
        { title: 'Round trip', query: promql(roundTrip(of)), unit: 's' },
        {
          title: 'Jitter',
          query: promql(`max by (job, target) (plumbline_network_path_jitter_seconds{${of}})`),
          unit: 's',
        },
        { title: 'Hops', query: promql(`max by (job, target) (plumbline_network_path_hops{${of}})`), unit: 'short' },
        { title: 'Changes', query: promql(routeChanges(of, wholeRange)), unit: 'short' },
      ],
    }),
  );
}

function targets(of: string): Row {
  const legend = '{{target}}';
  return row(
    'Targets',
    timeseries({
      title: 'Round trip',
      description: 'To each target, mean of a measurement.',
      unit: 's',
      queries: [promql(roundTrip(of), { legend })],
    }),
    timeseries({
      title: 'Loss',
      description: 'Share of packets to each target that did not come back; all of them where it does not answer.',
      unit: 'percentunit',
      max: 1,
      queries: [promql(loss(of), { legend })],
      thresholds: { warn: 0.05 },
    }),
    timeseries({
      title: 'Jitter',
      description: 'Standard deviation of round trips within a measurement. Calls suffer from tens of milliseconds.',
      unit: 's',
      queries: [promql(`max by (job, target) (plumbline_network_path_jitter_seconds{${of}})`, { legend })],
    }),
    timeseries({
      title: 'Fastest and slowest round trip',
      description: 'Of each measurement: the fastest is the way itself, what comes on top are queues.',
      unit: 's',
      queries: [
        promql(`max by (job, target) (plumbline_network_path_rtt_best_seconds{${of}})`, {
          legend: `${legend} fastest`,
        }),
        promql(`max by (job, target) (plumbline_network_path_rtt_worst_seconds{${of}})`, {
          legend: `${legend} slowest`,
        }),
      ],
    }),
    timeseries({
      title: 'Hops',
      description: 'Routers on the way and the target itself. Another number is another way.',
      unit: 'short',
      queries: [promql(`max by (job, target) (plumbline_network_path_hops{${of}})`, { legend })],
    }),
    timeseries({
      title: 'Changes of routes',
      description: 'To a way that was not seen before, and to one of those that packets are spread over.',
      unit: 'short',
      queries: [
        promql(`sum by (target, to) (increase(plumbline_network_path_changes_total{${of}}[${rateRange}]))`, {
          legend: `${legend} {{to}}`,
        }),
      ],
    }),
  );
}

function hops(of: string): Row {
  const legend = '{{target}} {{hop}}';
  const named = (series: string) =>
    `max by (target, hop, address) (${series}{${of}} * on (job, instance, target, hop) group_left (address) plumbline_network_hop_info{${of}})`;
  return row(
    'Hops',
    table({
      title: 'Path',
      description:
        'Routers that answer, by target and hop. Loss that does not go on to the target is of their answers only.',
      labels: { target: 'Target', hop: 'Hop', address: 'Address' },
      values: [
        { title: 'Round trip', query: promql(named('plumbline_network_hop_rtt_seconds')), unit: 's' },
        { title: 'Fastest', query: promql(named('plumbline_network_hop_rtt_best_seconds')), unit: 's' },
        { title: 'Slowest', query: promql(named('plumbline_network_hop_rtt_worst_seconds')), unit: 's' },
        { title: 'Jitter', query: promql(named('plumbline_network_hop_jitter_seconds')), unit: 's' },
        { title: 'Loss', query: promql(named('plumbline_network_hop_loss_ratio')), unit: 'percentunit' },
      ],
    }),
    timeseries({
      title: 'Round trip by hop',
      description: 'Choose one target. Where a line jumps and those after it do too, packets wait.',
      unit: 's',
      queries: [promql(`max by (target, hop) (plumbline_network_hop_rtt_seconds{${of}})`, { legend })],
    }),
    timeseries({
      title: 'Loss by hop',
      description: 'Choose one target. What counts is loss that goes on to the last hop.',
      unit: 'percentunit',
      max: 1,
      queries: [promql(`max by (target, hop) (plumbline_network_hop_loss_ratio{${of}})`, { legend })],
    }),
  );
}
