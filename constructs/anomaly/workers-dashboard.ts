import { consumerGroups } from '../contracts';
import type { Dashboard } from '../core/dashboard';
import { ofJobs, quantile, rate } from '../core/promql';
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
import type { WorkerJobs } from './pipeline-alerts';
import { unreadable, workerLag, workerRetries } from './pipeline-queries';

/** What any worker does, whatever it is: how much, how late, how fast, and what goes wrong. @param name of the component */
export function workersDashboard(name: string, jobs: WorkerJobs): Dashboard {
  const all = Object.values(jobs);
  const of = 'job=~"$worker"';
  return dashboard({
    uid: ownUid(name, 'workers'),
    title: ownTitle('Workers', 'pipeline', name),
    folder: folders.pipeline,
    description: 'Each worker of the pipeline: records, lag, durations, errors, memory and event loop.',
    variables: [
      labelVariable({
        name: 'worker',
        title: 'Worker',
        series: `up{${ofJobs(all)}}`,
        label: 'job',
        all: all.join('|'),
      }),
    ],
    rows: [atAGlance(jobs), flow(of), time(of), trouble(of, jobs), nodeProcess(of)],
  });
}

function atAGlance(jobs: WorkerJobs): Row {
  const all = ofJobs(Object.values(jobs));
  return row(
    'At a glance',
    stat({
      title: 'Spans',
      description: 'Read by preprocessing, a second.',
      unit: 'cps',
      query: promql(rate(`plumbline_preprocessing_spans_total{job="${jobs.preprocessing}"}`, rateRange)),
      none: 'none',
    }),
    stat({
      title: 'Records that wait',
      description: 'Of all workers and topics together.',
      unit: 'short',
      query: promql(`sum(plumbline_worker_lag_records{${all}})`),
      thresholds: { warn: 1000, bad: 10000 },
    }),
    stat({
      title: 'Records lost',
      description:
        'In the time that is shown: deleted by the broker before they were read, or refused by it for their size.',
      unit: 'short',
      query: promql(
        ['lost_offsets', 'refused_records']
          .map((what) => `(sum(increase(plumbline_worker_${what}_total{${all}}[${wholeRange}])) or vector(0))`)
          .join('\n+\n'),
      ),
      thresholds: { bad: 1 },
      decimals: 0,
    }),
    stat({
      title: 'Workers that answer',
      description: `Pods. There are ${Object.keys(consumerGroups).length} workers, of which some may have several.`,
      unit: 'short',
      query: promql(`sum(up{${all}})`),
    }),
  );
}

function flow(of: string): Row {
  return row(
    'Records',
    timeseries({
      title: 'Read',
      description: 'Records a second, by worker and topic.',
      unit: 'cps',
      queries: [
        promql(rate(`plumbline_worker_consumed_records_total{${of}}`, rateRange, 'job', 'topic'), {
          legend: '{{job}} of {{topic}}',
        }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Written',
      description: 'Records a second that the broker acknowledged, by worker and topic.',
      unit: 'cps',
      queries: [
        promql(rate(`plumbline_worker_produced_records_total{${of}}`, rateRange, 'job', 'topic'), {
          legend: '{{job}} to {{topic}}',
        }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Bytes read',
      description: 'Of the values of records, a second.',
      unit: 'binBps',
      queries: [promql(rate(`plumbline_worker_consumed_bytes_total{${of}}`, rateRange, 'job'), { legend: '{{job}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Lag',
      description:
        'Records that a worker knows of and has not processed. Above a thousand for a quarter of an hour an alert fires.',
      unit: 'short',
      queries: [promql(workerLag(of), { legend: '{{job}} on {{topic}}' })],
      thresholds: { warn: 1000 },
    }),
    table({
      title: 'Topics',
      description: 'At the end of the time: what waits, and how long it takes to read that if nothing more came.',
      labels: { job: 'Worker', topic: 'Topic' },
      values: [
        { title: 'Waiting', query: promql(workerLag(of)), unit: 'short', thresholds: { warn: 1000 } },
        { title: 'Read', query: promql(consumed(of)), unit: 'cps' },
        { title: 'Time to read', query: promql(`${workerLag(of)} / (${consumed(of)} > 0)`), unit: 's' },
      ],
      width: 12,
    }),
  );
}

function consumed(of: string): string {
  return rate(`plumbline_worker_consumed_records_total{${of}}`, '5m', 'job', 'topic');
}

function time(of: string): Row {
  const phases = 'plumbline_worker_phase_seconds';
  return row(
    'Time',
    timeseries({
      title: 'Duration of each phase, p99',
      description:
        'Of a batch of records: processing, writing, commits. Where one rises, that is what the worker waits for.',
      unit: 's',
      queries: [
        promql(quantile(0.99, `${phases}_bucket{${of}}`, rateRange, 'job', 'phase'), { legend: '{{job}} {{phase}}' }),
      ],
    }),
    timeseries({
      title: 'Share of the time, by phase',
      description: 'Of one pod. A worker whose phases together come near to 1 has no time left: it will fall behind.',
      unit: 'percentunit',
      queries: [
        promql(
          `sum by (job, phase) (rate(${phases}_sum{${of}}[${rateRange}])) / on (job) group_left sum by (job) (up{${of}})`,
          {
            legend: '{{job}} {{phase}}',
          },
        ),
      ],
    }),
  );
}

function trouble(of: string, jobs: WorkerJobs): Row {
  return row(
    'Trouble',
    timeseries({
      title: 'Tried again',
      description:
        'Failures a second that were repeated, by what failed and how. Nothing is lost; nothing goes on, either.',
      unit: 'cps',
      queries: [promql(workerRetries(of, rateRange), { legend: '{{job}} {{what}} {{code}}' })],
      thresholds: { warn: 0.05 },
      width: 8,
    }),
    timeseries({
      title: 'Lost',
      description: 'Records a second: deleted before they were read, and refused by the broker for their size.',
      unit: 'cps',
      queries: [
        promql(rate(`plumbline_worker_lost_offsets_total{${of}}`, rateRange, 'job', 'topic'), {
          legend: '{{job}} {{topic}} deleted',
        }),
        promql(rate(`plumbline_worker_refused_records_total{${of}}`, rateRange, 'job', 'topic'), {
          legend: '{{job}} {{topic}} refused',
        }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Unreadable',
      description:
        'Records a second that could not be read: of another version, or somebody else’s. What is skipped is in the topic of dead letters.',
      unit: 'cps',
      queries: unreadable((worker) => `job="${jobs[worker]}"`).map((counter) =>
        promql(rate(counter, rateRange, 'job'), { legend: '{{job}}' }),
      ),
      width: 8,
    }),
    timeseries({
      title: 'Partitions',
      description: 'What each pod reads. One that stays at none reads nothing.',
      unit: 'short',
      queries: [
        promql(`sum by (job, instance) (plumbline_worker_assigned_partitions{${of}})`, {
          legend: '{{job}} {{instance}}',
        }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Assignments',
      description:
        'Times in an hour that partitions were given out anew. Many of them: pods come and go, or are thrown out for being slow.',
      unit: 'short',
      queries: [
        promql(`sum by (job) (increase(plumbline_worker_generations_total{${of}}[1h]))`, { legend: '{{job}}' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Outputs that were dropped',
      description: 'A second: their partition had gone to another pod, which makes them again.',
      unit: 'cps',
      queries: [promql(rate(`plumbline_worker_fenced_outputs_total{${of}}`, rateRange, 'job'), { legend: '{{job}}' })],
      width: 8,
    }),
  );
}
