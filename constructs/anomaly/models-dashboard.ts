import type { Dashboard } from '../core/dashboard';
import { increase, rate, ratio } from '../core/promql';
import {
  dashboard,
  folders,
  heatmap,
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
import { driftBound, inferenceTime, refusedVersions, unscored } from './model-queries';
import type { WorkerJobs } from './pipeline-alerts';

/** From where on people look at drift. */
const drift = { warn: 0.1, bad: driftBound } as const;

/**
 * Everything that is learnt: which versions judge, what they say and how far others agree, whether traces still are what they were trained
 * with, and what people found right. @param name of the component
 */
export function modelsDashboard(name: string, jobs: WorkerJobs): Dashboard {
  return dashboard({
    uid: ownUid(name, 'models'),
    title: ownTitle('Models', 'pipeline', name),
    folder: folders.pipeline,
    description:
      'Verdicts, scores, the versions of the learned models that are in use, how far they agree, drift, and precision from feedback.',
    past: '24h',
    rows: [
      atAGlance(jobs),
      verdicts(jobs),
      versions(jobs),
      agreement(jobs),
      drifts(jobs),
      learning(jobs),
      people(jobs),
    ],
  });
}

function detectionOf(jobs: WorkerJobs): string {
  return `job="${jobs['anomaly-detection']}"`;
}

function atAGlance(jobs: WorkerJobs): Row {
  const of = detectionOf(jobs);
  return row(
    'At a glance',
    stat({
      title: 'Drift of scores',
      description:
        'Population stability index of the last hour against the training; 0.25 is where a training is asked for.',
      unit: 'none',
      query: promql(`max(plumbline_model_drift_psi{${of}, of="score"})`),
      thresholds: drift,
      decimals: 2,
      none: 'not measured yet',
      width: 4,
    }),
    stat({
      title: 'Features that drift',
      description: 'In the last hour: by value, or by how often traces have none.',
      unit: 'short',
      query: promql(`max(plumbline_model_features_drifting{${of}})`),
      thresholds: { warn: 1 },
      decimals: 0,
      width: 4,
    }),
    stat({
      title: 'Precision from feedback',
      description: 'Share of answered incidents whose first cause people found right.',
      unit: 'percentunit',
      query: promql(precision(jobs, 'value')),
      none: 'nobody has answered',
      width: 4,
    }),
    stat({
      title: 'Time to score, p95',
      description:
        'In which a version scores the traces of one record. Above a tenth of a second for long, an alert fires.',
      unit: 's',
      query: promql(`max(${inferenceTime(of, rateRange)})`),
      thresholds: { warn: 0.1 },
      none: 'no models',
      width: 4,
    }),
    stat({
      title: 'Versions refused',
      description: 'Approved ones that are not used. After ten minutes an alert fires.',
      unit: 'short',
      query: promql(`sum(${refusedVersions(of)})`),
      thresholds: { bad: 1 },
      decimals: 0,
      none: 'none',
      width: 4,
    }),
    stat({
      title: 'Age of the champion',
      description: 'Since the event time from which it judges.',
      unit: 's',
      query: promql(`time() - max(plumbline_learned_effective_from_seconds{${of}, role="champion"} > 0)`),
      none: 'no champion',
      width: 4,
    }),
  );
}

function verdicts(jobs: WorkerJobs): Row {
  const of = detectionOf(jobs);
  const judged = (what: string) => rate(`plumbline_learned_${what}_total{${of}}`, rateRange, 'version', 'role');
  return row(
    'Verdicts and scores',
    timeseries({
      title: 'Traces, by verdict',
      description: 'A second: of the profile, and of a version where it may decide.',
      unit: 'cps',
      queries: [
        promql(rate(`plumbline_detection_traces_total{${of}}`, rateRange, 'result'), { legend: '{{result}}' }),
        promql(rate(`plumbline_learned_decided_total{${of}}`, rateRange), { legend: 'anomalous by a version alone' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Exceeding, of those scored',
      description:
        'Share of traces that a version finds unusual, whether it decides or not. Of normal traffic it is the alarm rate of the version: mostly one in a thousand.',
      unit: 'percentunit',
      queries: [promql(ratio(judged('exceeding'), judged('traces')), { legend: '{{role}} {{version}}' })],
      width: 8,
    }),
    heatmap({
      title: 'Scores of the champion',
      description: 'How many traces have which −ln p: 4.6 is one normal trace in a hundred, 6.9 one in a thousand.',
      unit: 'none',
      query: promql(rate(`plumbline_learned_surprise_bucket{${of}, role="champion"}`, rateRange, 'le')),
      width: 8,
    }),
  );
}

function versions(jobs: WorkerJobs): Row {
  const of = detectionOf(jobs);
  return row(
    'Versions in use',
    table({
      title: 'Who judges',
      description: 'Versions by role: since when, whether their scores may decide, and how many traces they score.',
      labels: { role: 'Role', version: 'Version' },
      values: [
        {
          title: 'In use for',
          query: promql(`time() - max by (role, version) (plumbline_learned_effective_from_seconds{${of}} > 0)`),
          unit: 's',
        },
        {
          title: 'Decides',
          query: promql(`max by (role, version) (plumbline_learned_decides{${of}})`),
          unit: 'bool_yes_no',
        },
        {
          title: 'Traces',
          query: promql(rate(`plumbline_learned_traces_total{${of}}`, '5m', 'role', 'version')),
          unit: 'cps',
        },
      ],
      width: 12,
    }),
    timeseries({
      title: 'Time to score a record',
      description: 'Half of the records, and all but one in twenty, by version.',
      unit: 's',
      queries: [0.5, 0.95].map((share) =>
        promql(inferenceTime(of, rateRange, share), { legend: `p${share * 100} {{version}}` }),
      ),
      thresholds: { warn: 0.1 },
      width: 12,
    }),
    timeseries({
      title: 'Versions refused, by why',
      description:
        'Hash: files are not as the manifest says. Features: of another schema. Backtest: worse than its parent. Unavailable: the store does not answer.',
      unit: 'short',
      queries: [promql(refusedVersions(of), { legend: '{{reason}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Records that a version could not score',
      description: 'A second. The profile judges those alone.',
      unit: 'cps',
      queries: [promql(unscored(of, rateRange), { legend: '{{version}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Since the registry answered',
      description: 'Workers go on with the versions that they have while it does not. They see no approval, either.',
      unit: 's',
      queries: [
        promql(`time() - min by (job) (plumbline_learned_registry_answered_seconds{${of}} > 0)`, { legend: '{{job}}' }),
      ],
      width: 8,
    }),
  );
}

function agreement(jobs: WorkerJobs): Row {
  const of = detectionOf(jobs);
  const found = (matchers: string) =>
    promql(rate(`plumbline_learned_agreement_total{${of}, ${matchers}}`, rateRange, 'role', 'with', 'result'), {
      legend: '{{role}} with {{with}}: {{result}}',
    });
  const share = (result: string) =>
    rate(`plumbline_learned_agreement_total{${of}, result${result}}`, rateRange, 'role', 'with');
  return row(
    'Agreement of champion, challenger and profile',
    timeseries({
      title: 'Traces that one of two finds anomalous',
      description: 'A second. Only it: the version, and not whom it is compared with; only other: the other way round.',
      unit: 'cps',
      queries: [found('result!="neither"')],
      width: 12,
    }),
    timeseries({
      title: 'Agreement',
      description: 'Of the traces that at least one of two finds anomalous, the share that both do.',
      unit: 'percentunit',
      queries: [promql(`${share('="both"')}\n/\n(${share('!="neither"')} > 0)`, { legend: '{{role}} with {{with}}' })],
      width: 12,
    }),
  );
}

function drifts(jobs: WorkerJobs): Row {
  const of = detectionOf(jobs);
  return row(
    'Drift',
    timeseries({
      title: 'Population stability index',
      description:
        'Of the last hour of traces against the training, less what chance makes of it: the score and the feature that moved most. From 0.1 look, from 0.25 for two hours a training is asked for.',
      unit: 'none',
      queries: [promql(`max by (of) (plumbline_model_drift_psi{${of}})`, { legend: '{{of}}' })],
      thresholds: drift,
      width: 8,
    }),
    timeseries({
      title: 'Features that drift',
      description: 'Of the last hour: as the worker says that finds most.',
      unit: 'short',
      queries: [promql(`max(plumbline_model_features_drifting{${of}})`, { legend: 'features' })],
      width: 8,
    }),
    timeseries({
      title: 'Hours compared',
      description: 'In a day, of all workers. Too few: traces, so that nothing was compared.',
      unit: 'short',
      queries: [
        promql(increase(`plumbline_model_drift_stretches_total{${of}}`, '1d', 'result'), { legend: '{{result}}' }),
        promql(increase(`plumbline_model_drift_events_total{${of}}`, '1d'), { legend: 'told of' }),
      ],
      width: 4,
    }),
    timeseries({
      title: 'Traces too late to count',
      description: 'A second: their hour was over. Some are, while partitions catch up.',
      unit: 'cps',
      queries: [promql(rate(`plumbline_model_drift_late_traces_total{${of}}`, rateRange), { legend: 'traces' })],
      width: 4,
    }),
  );
}

function learning(jobs: WorkerJobs): Row {
  const [of, training] = [detectionOf(jobs), `job="${jobs.training}"`];
  return row(
    'Learning',
    timeseries({
      title: 'Since the last training',
      description: 'Of the champion by when it began to judge, and of the profile by the last window that it learnt.',
      unit: 's',
      queries: [
        promql(`time() - max(plumbline_learned_effective_from_seconds{${of}, role="champion"} > 0)`, {
          legend: 'champion',
        }),
        promql(`time() - max(plumbline_learner_through_seconds{${training}} > 0)`, { legend: 'profile' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Windows that the profile learns',
      description: 'In the newest profile; since the start: left out, and learnt but for the services of an incident.',
      unit: 'short',
      queries: [promql(`sum by (state) (plumbline_learner_windows{${training}})`, { legend: '{{state}}' })],
      width: 8,
    }),
    table({
      title: 'Trainings asked for because of drift',
      description:
        'In the time that is shown, by answer. Cooling: one was started a while ago; stale: nobody answered for a day.',
      labels: { outcome: 'Answer' },
      values: [
        {
          title: 'Times',
          query: promql(`${increase(`plumbline_training_asked_total{${training}}`, wholeRange, 'outcome')} > 0`),
          unit: 'short',
        },
      ],
      width: 8,
    }),
  );
}

function people(jobs: WorkerJobs): Row {
  const of = `job="${jobs.console}"`;
  return row(
    'Feedback',
    timeseries({
      title: 'Precision, with its 95 % interval',
      description:
        'Share of answered incidents whose first cause people found right, and between what bounds that is known.',
      unit: 'percentunit',
      queries: [
        promql(precision(jobs, 'value'), { legend: 'right' }),
        promql(precision(jobs, 'low'), { legend: 'at least' }),
        promql(precision(jobs, 'high'), { legend: 'at most' }),
      ],
      width: 12,
    }),
    timeseries({
      title: 'Answered incidents',
      description: 'By what people agree on; trainings leave out or take in what they say.',
      unit: 'short',
      // Every replica of the console tells the same of what is stored.
      queries: [promql(`max by (verdict) (plumbline_feedback_incidents{${of}})`, { legend: '{{verdict}}' })],
      width: 12,
    }),
  );
}

function precision(jobs: WorkerJobs, bound: 'value' | 'low' | 'high'): string {
  return `max(plumbline_feedback_precision_ratio{job="${jobs.console}", bound="${bound}"})`;
}
