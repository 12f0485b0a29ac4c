import type { Dashboard } from '../core/dashboard';
import { rate } from '../core/promql';
import {
  dashboard,
  folders,
  ownTitle,
  ownUid,
  promql,
  rateRange,
  row,
  stat,
  timeseries,
  type Row,
} from '../dashboards';
import { bufferUse, componentErrors, lostEvents, throttledEvents } from './vector-queries';

/** What Vector takes, leaves out and passes on; names as Vector 0.57 has them. @param job its scrape job, which is also its name */
export function vectorDashboard(job: string): Dashboard {
  const of = `job="${job}"`;
  return dashboard({
    uid: ownUid(job),
    title: ownTitle('Vector', 'vector', job),
    folder: folders.platform,
    description:
      'Whether lines that are processed reach the store, what waits for it, what is left out, and who says most.',
    rows: [atAGlance(of), through(of), lines(of)],
  });
}

function atAGlance(of: string): Row {
  return row(
    'At a glance',
    stat({
      title: 'Lines taken by the store',
      description: 'A second, of all pods together.',
      unit: 'cps',
      query: promql(rate(`vector_component_sent_events_total{${of}, component_id="store"}`, rateRange)),
      none: 'none',
    }),
    stat({
      title: 'Lines lost',
      description: 'A second: the store refused them, or a program could not take them.',
      unit: 'cps',
      query: promql(`sum(${lostEvents(of, rateRange)}) or vector(0)`),
      thresholds: { warn: 0.01 },
    }),
    stat({
      title: 'Fullest buffer',
      description: 'Of what waits for the store. When it is full, nothing more is taken.',
      unit: 'percentunit',
      query: promql(`max(${bufferUse(of)})`),
      thresholds: { warn: 0.3, bad: 0.7 },
    }),
    stat({
      title: 'Pods that do not answer',
      description: 'The others take what is sent, as long as there is one.',
      unit: 'short',
      query: promql(`count(up{${of}} == 0) or vector(0)`),
      thresholds: { warn: 1 },
    }),
  );
}

function through(of: string): Row {
  return row(
    'What goes through',
    timeseries({
      title: 'Taken, by source',
      description: 'Lines a second, before anything is left out.',
      unit: 'cps',
      queries: [
        promql(
          rate(`vector_component_received_events_total{${of}, component_kind="source"}`, rateRange, 'component_id'),
          { legend: '{{component_id}}' },
        ),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Left out, by part',
      description: 'Lines a second: more than a service may say, and what nobody wanted to lose.',
      unit: 'cps',
      queries: [
        promql(throttledEvents(of, rateRange), { legend: 'more than a service may' }),
        promql(lostEvents(of, rateRange), { legend: 'lost by {{component_id}}' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Errors, by part and kind',
      description: 'A second. What failed is tried again where that can help.',
      unit: 'ops',
      queries: [promql(componentErrors(of, rateRange), { legend: '{{component_id}}: {{error_type}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Buffers, by pod',
      description: 'A share: what waits on disk for the store.',
      unit: 'percentunit',
      queries: [promql(bufferUse(of), { legend: '{{instance}}' })],
      thresholds: { warn: 0.7 },
      max: 1,
      width: 12,
    }),
    timeseries({
      title: 'Sent to the store, by pod',
      description: 'Bytes a second, compressed. Pods differ as connections do.',
      unit: 'binBps',
      queries: [
        promql(rate(`vector_component_sent_bytes_total{${of}, component_id="store"}`, rateRange, 'instance'), {
          legend: '{{instance}}',
        }),
      ],
      width: 12,
    }),
  );
}

function lines(of: string): Row {
  return row(
    'What is said',
    timeseries({
      title: 'Lines, by level',
      description: 'A second, as they came, also those that are more than a service may.',
      unit: 'cps',
      queries: [promql(rate(`log_lines_total{${of}}`, rateRange, 'level'), { legend: '{{level}}' })],
      stacked: true,
    }),
    timeseries({
      title: 'Services that say most',
      description: 'Lines a second of the ten loudest.',
      unit: 'cps',
      queries: [
        promql(`topk(10, ${rate(`log_lines_total{${of}}`, rateRange, 'service_name')})`, {
          legend: '{{service_name}}',
        }),
      ],
    }),
  );
}
