import type { Dashboard } from '../core/dashboard';
import { increase, quantile, rate } from '../core/promql';
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
import type { WorkerJobs } from './pipeline-alerts';
import { judgingTime, windowAge } from './pipeline-queries';

/** What the pipeline finds, how soon, and whether people hear of it. @param name of the component */
export function incidentsDashboard(name: string, jobs: WorkerJobs): Dashboard {
  return dashboard({
    uid: ownUid(name, 'incidents'),
    title: ownTitle('Incidents', 'pipeline', name),
    folder: folders.pipeline,
    description:
      'Incidents and their causes, how soon they are found, and whether messages of them arrive; then what they are found of.',
    past: '24h',
    rows: [
      atAGlance(jobs),
      incidents(jobs),
      feedback(jobs),
      messages(jobs),
      verdicts(jobs),
      assembly(jobs),
      learning(jobs),
    ],
  });
}

function atAGlance(jobs: WorkerJobs): Row {
  const rootCause = `job="${jobs['root-cause']}"`;
  return row(
    'At a glance',
    stat({
      title: 'Open',
      description: 'Incidents that go on now.',
      unit: 'short',
      query: promql(`sum(plumbline_incidents_open{${rootCause}})`),
      thresholds: { warn: 1 },
    }),
    stat({
      title: 'Opened',
      description: 'In the time that is shown. What was counted first after a start of the worker is not in it.',
      unit: 'short',
      query: promql(increase(`plumbline_incidents_total{${rootCause}, event="opened"}`, wholeRange)),
      decimals: 0,
      none: 'none',
    }),
    stat({
      title: 'Time to incident, median',
      description:
        'From the first window in which something was wrong to the incident: of those in the time that is shown.',
      unit: 's',
      query: promql(quantile(0.5, `plumbline_incident_opening_seconds_bucket{${rootCause}}`, wholeRange)),
      none: 'none',
    }),
    stat({
      title: 'How late',
      description:
        'How long ago what root cause looked at last happened. Above ten minutes, with spans coming, an alert fires.',
      unit: 's',
      query: promql(`max(${windowAge(rootCause)})`),
      thresholds: { warn: 180, bad: 600 },
    }),
  );
}

function incidents(jobs: WorkerJobs): Row {
  const of = `job="${jobs['root-cause']}"`;
  return row(
    'Incidents',
    timeseries({
      title: 'Published',
      description: 'Revisions in an hour: opened, updated with news, resolved.',
      unit: 'short',
      queries: [promql(increase(`plumbline_incidents_total{${of}}`, '1h', 'event'), { legend: '{{event}}' })],
    }),
    timeseries({
      title: 'Open',
      description: 'Incidents at the same time.',
      unit: 'short',
      queries: [promql(`sum(plumbline_incidents_open{${of}})`, { legend: 'open' })],
    }),
    table({
      title: 'By service',
      description:
        'Which service was named as the first cause when incidents opened, in the time that is shown. Without a name: no clear cause.',
      labels: { service: 'Service' },
      values: [
        {
          title: 'Incidents',
          query: promql(increase(`plumbline_incidents_opened_total{${of}}`, wholeRange, 'service')),
          unit: 'short',
        },
      ],
      width: 12,
    }),
    timeseries({
      title: 'Time to incident',
      description:
        'From the first window in which something was wrong to the incident: half of them, and all but one in twenty, within six hours.',
      unit: 's',
      queries: [0.5, 0.95].map((share) =>
        promql(quantile(share, `plumbline_incident_opening_seconds_bucket{${of}}`, '6h'), {
          legend: `p${share * 100}`,
        }),
      ),
    }),
  );
}

function feedback(jobs: WorkerJobs): Row {
  const of = `job="${jobs.console}"`;
  // Every replica of the console tells the same of what is stored.
  const precision = (bound: string) => `max(plumbline_feedback_precision_ratio{${of}, bound="${bound}"})`;
  return row(
    'Feedback',
    stat({
      title: 'Precision from feedback',
      description:
        'Share of answered incidents whose first cause people found right; one that they say was none was not right. Of all that was ever answered.',
      unit: 'percentunit',
      query: promql(precision('value')),
      none: 'nobody has answered',
      width: 4,
    }),
    timeseries({
      title: 'Precision from feedback, with its 95 % interval',
      description: 'What people found right, and between what bounds that is known: the more answers, the closer.',
      unit: 'percentunit',
      queries: [
        promql(precision('value'), { legend: 'right' }),
        promql(precision('low'), { legend: 'at least' }),
        promql(precision('high'), { legend: 'at most' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Answered incidents',
      description: 'By what people agree on. On what is disputed they do not, and it counts for nothing.',
      unit: 'short',
      queries: [promql(`max by (verdict) (plumbline_feedback_incidents{${of}})`, { legend: '{{verdict}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Answers not stored',
      description: 'In an hour, by the status that was answered. 503: the broker did not take it.',
      unit: 'short',
      queries: [promql(increase(`plumbline_feedback_refused_total{${of}}`, '1h', 'status'), { legend: '{{status}}' })],
      width: 4,
    }),
  );
}

function messages(jobs: WorkerJobs): Row {
  const of = `job="${jobs.notification}"`;
  const outcome = (value: string) => `plumbline_deliveries_total{${of}, outcome="${value}"}`;
  return row(
    'Messages',
    timeseries({
      title: 'Delivered',
      description: 'Messages in an hour, by channel.',
      unit: 'short',
      queries: [promql(increase(outcome('delivered'), '1h', 'channel'), { legend: '{{channel}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Put off',
      description: 'Attempts in an hour that failed and are repeated, by channel.',
      unit: 'short',
      queries: [promql(increase(outcome('put off'), '1h', 'channel'), { legend: '{{channel}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Given up',
      description: 'Messages in an hour that nobody will get. An alert fires at the first.',
      unit: 'short',
      queries: [promql(increase(outcome('given up'), '1h', 'channel'), { legend: '{{channel}}' })],
      width: 8,
    }),
  );
}

function verdicts(jobs: WorkerJobs): Row {
  const of = `job="${jobs['anomaly-detection']}"`;
  const traces = (result: string) => `plumbline_detection_traces_total{${of}${result}}`;
  return row(
    'Verdicts',
    timeseries({
      title: 'Traces, by verdict',
      description:
        'A second. What abstained is of operations that the profile does not know well enough; retracted ones were judged again.',
      unit: 'cps',
      queries: [promql(rate(traces(''), rateRange, 'result'), { legend: '{{result}}' })],
      stacked: true,
    }),
    timeseries({
      title: 'Anomalous, of those judged',
      description:
        'Share of traces. Some are anomalous by chance, always: an incident is when they are more than that.',
      unit: 'percentunit',
      queries: [
        promql(
          `${rate(traces(', result="anomalous"'), rateRange)}\n/\n${rate(traces(', result=~"normal|anomalous"'), rateRange)}`,
          { legend: 'anomalous' },
        ),
      ],
    }),
    heatmap({
      title: 'Scores',
      description:
        'How many traces have which score, as a share of the threshold of their operation: anomalous from 1 on.',
      unit: 'none',
      query: promql(rate(`plumbline_detection_score_ratio_bucket{${of}}`, rateRange, 'le')),
    }),
    timeseries({
      title: 'Findings, by kind',
      description: 'Improbable spans and calls, a second: what makes traces anomalous.',
      unit: 'cps',
      queries: [promql(rate(`plumbline_detection_findings_total{${of}}`, rateRange, 'kind'), { legend: '{{kind}}' })],
      stacked: true,
    }),
    timeseries({
      title: 'Time to judge a record, p95',
      description: 'Of the traces of one record. Above a quarter of a second for long, an alert fires.',
      unit: 's',
      queries: [promql(judgingTime(of, rateRange), { legend: '{{job}}' })],
      thresholds: { warn: 0.25 },
    }),
    timeseries({
      title: 'Windows, by result',
      description:
        'Closed windows a second. Unjudged: there was no profile; incomplete: verdicts did not come in time.',
      unit: 'cps',
      queries: [
        promql(rate(`plumbline_root_cause_windows_total{job="${jobs['root-cause']}"}`, rateRange, 'result'), {
          legend: '{{result}}',
        }),
      ],
    }),
  );
}

function assembly(jobs: WorkerJobs): Row {
  const of = `job="${jobs.preprocessing}"`;
  const counted = (what: string, legend: string) =>
    promql(rate(`plumbline_preprocessing_${what}_total{${of}}`, rateRange), { legend });
  return row(
    'Assembly of traces',
    timeseries({
      title: 'Traces',
      description: 'A second. Revisions are traces that got more spans after they had been judged.',
      unit: 'cps',
      queries: [
        counted('traces', 'first time'),
        counted('revisions', 'revisions'),
        counted('evicted_traces', 'early, for want of memory'),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Spans that are not judged',
      description:
        'A second: too late to be merged, too many of one trace, unreadable, too large for any message. Repeated ones are no loss.',
      unit: 'cps',
      queries: [
        counted('late_spans', 'late'),
        counted('truncated_spans', 'too many of a trace'),
        counted('malformed_spans', 'unreadable'),
        counted('unsendable_spans', 'too large'),
        counted('repeated_spans', 'repeated'),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Memory of open traces',
      description: 'Share of what they may take. At 1 the oldest are judged before they are complete.',
      unit: 'percentunit',
      queries: [
        promql(
          `sum by (instance) (plumbline_preprocessing_open{${of}, of="bytes"}) / sum by (instance) (plumbline_preprocessing_open_limit_bytes{${of}})`,
          { legend: '{{instance}}' },
        ),
      ],
      thresholds: { warn: 0.8, bad: 1 },
      width: 8,
    }),
  );
}

function learning(jobs: WorkerJobs): Row {
  const [training, detection] = [`job="${jobs.training}"`, `job="${jobs['anomaly-detection']}"`];
  return row(
    'Learning',
    timeseries({
      title: 'Age of the profile',
      description: 'Since the time from which the newest profile judges. It grows while nothing new is learnt.',
      unit: 's',
      queries: [
        promql(`time() - max by (job) (plumbline_bundle_effective_from_seconds{${detection}} > 0)`, {
          legend: 'in use',
        }),
        promql(`time() - max by (job) (plumbline_learner_through_seconds{${training}} > 0)`, {
          legend: 'learnt through',
        }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Operations in the profile',
      description: 'Known ones, and those it abstains from for too little support.',
      unit: 'short',
      queries: [promql(`max by (state) (plumbline_bundle_operations{${detection}})`, { legend: '{{state}}' })],
      stacked: true,
      width: 8,
    }),
    timeseries({
      title: 'Wait for root cause',
      description:
        'Event time for which the oldest window that is not learnt waits. Above an hour an alert fires: nothing is learnt.',
      unit: 's',
      queries: [promql(`max by (job) (plumbline_learner_waiting_seconds{${training}})`, { legend: '{{job}}' })],
      thresholds: { warn: 3600 },
      width: 8,
    }),
  );
}
