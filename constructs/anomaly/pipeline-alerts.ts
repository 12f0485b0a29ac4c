import { Duration } from 'cdk8s';
import type { WorkerName } from '../contracts';
import type { Alert } from '../core/alert';
import { downAlert } from '../core/down-alert';
import { grew, increase, ofJobs } from '../core/promql';
import { judgingTime, unreadable, windowAge, workerLag, workerRetries } from './pipeline-queries';

/** Scrape job of each worker. */
export type WorkerJobs = Readonly<Record<WorkerName, string>>;

/** What people miss while a worker is away. */
const consequences: Readonly<Record<WorkerName, string>> = {
  preprocessing: 'No trace is judged. What collectors send waits in the topic `traces`, as long as its retention is.',
  'anomaly-detection': 'No trace is judged. What preprocessing made waits in the topic `traces-preprocessed`.',
  'root-cause': 'No incident is opened, updated or resolved. Judgements wait in their topics.',
  notification: 'Nobody is told of incidents. They are on the console, and messages follow when it is back.',
  training: 'Nothing new is learnt: the newest profile goes on being used.',
  console: 'The page of incidents cannot be seen. Messages go out all the same.',
};

/** What of the pipeline's workers people should know. */
export function pipelineAlerts(jobs: WorkerJobs): readonly Alert[] {
  const names = Object.keys(consequences) as WorkerName[];
  return [
    ...names.map((name) => downAlert('Worker', jobs[name], consequences[name])),
    ...workerAlerts(ofJobs(names.map((name) => jobs[name]))),
    ...flowAlerts(jobs),
  ];
}

/** What any worker may meet with. */
function workerAlerts(of: string): readonly Alert[] {
  return [
    {
      name: 'WorkerNotReading',
      // Before partitions are assigned there is no series.
      expr: `sum by (job) (up{${of}} == 1)\nunless on (job)\nsum by (job) (plumbline_worker_assigned_partitions{${of}}) > 0`,
      for: Duration.minutes(10),
      severity: 'critical',
      summary: '{{ $labels.job }} runs, and reads no partition',
      description:
        'It waits for the broker or for a topic, is refused by the broker, or another holds all partitions of its group.',
    },
    {
      name: 'WorkerBehind',
      expr: `${workerLag(of)} > 1000`,
      for: Duration.minutes(15),
      severity: 'warning',
      summary: '{{ $labels.job }} is {{ $value | humanize }} records behind on {{ $labels.topic }}',
      description:
        'It reads more slowly than is written. Incidents are found later, and records go unread when their retention ends.',
    },
    {
      name: 'WorkerRetrying',
      expr: `${workerRetries(of, '5m')} > 0.05`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: '{{ $labels.job }} tries again and again: {{ $labels.what }} ({{ $labels.code }})',
      description: 'A broker or a bucket does not answer, or refuses. Nothing is lost; nothing goes on, either.',
    },
    {
      name: 'WorkerLostRecords',
      expr: [
        grew(`plumbline_worker_lost_offsets_total{${of}}`, '30m', ['job', 'topic']),
        grew(`plumbline_worker_refused_records_total{${of}}`, '30m', ['job', 'topic']),
      ].join('\nor\n'),
      for: Duration.minutes(1),
      severity: 'critical',
      summary: '{{ $labels.job }} has lost {{ $value | humanize }} records of {{ $labels.topic }}',
      description: 'The broker deleted them before they were read, or refused them for their size.',
    },
  ];
}

/** What becomes of traces on their way. */
function flowAlerts(jobs: WorkerJobs): readonly Alert[] {
  const of = (name: WorkerName) => `job="${jobs[name]}"`;
  return [
    {
      name: 'UnreadableRecords',
      expr: unreadable(of)
        .map((counter) => `${increase(counter, '15m', 'job')} > 0`)
        .join('\nor\n'),
      for: Duration.minutes(1),
      severity: 'warning',
      summary: '{{ $labels.job }} could not read {{ $value | humanize }} records',
      description:
        'Somebody else writes to its topic, or writer and reader are of different versions. What preprocessing, detection and root cause ' +
        'skip is in the topic of dead letters.',
    },
    {
      name: 'TracesEmittedEarly',
      expr: `sum by (job) (rate(plumbline_preprocessing_evicted_traces_total{${of('preprocessing')}}[10m])) > 0`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: '{{ $labels.job }} has no memory to wait for the spans of {{ $value | humanize }} traces a second',
      description: 'They are judged before they are complete, and again when more spans come.',
    },
    {
      name: 'DetectionSlow',
      expr: `${judgingTime(of('anomaly-detection'), '10m')} > 0.25`,
      for: Duration.minutes(15),
      severity: 'warning',
      summary: '{{ $labels.job }} takes {{ $value | humanizeDuration }} for one record',
      description: 'One record in twenty takes a quarter of a second or more to be judged: it will fall behind.',
    },
    {
      name: 'IncidentsLate',
      // Only while spans come: without, there are no windows.
      expr: [
        `${windowAge(of('root-cause'))} > 600`,
        `and on ()\nsum(rate(plumbline_preprocessing_spans_total{${of('preprocessing')}}[15m])) > 0`,
      ].join('\n'),
      for: Duration.minutes(5),
      severity: 'critical',
      summary: '{{ $labels.job }} looks at what happened {{ $value | humanizeDuration }} ago',
      description: 'Traces come, and what is judged of them does not arrive: incidents are found as much later.',
    },
    {
      name: 'WindowsClosedEarly',
      expr: `sum by (job) (increase(plumbline_root_cause_early_windows_total{${of('root-cause')}}[30m])) > 0`,
      for: Duration.minutes(1),
      severity: 'warning',
      summary: '{{ $labels.job }} closed {{ $value | humanize }} windows before all partitions had told of them',
      description: 'A partition stalls. What is in it is missing in incidents.',
    },
    {
      name: 'ProfileRefused',
      expr: [
        `plumbline_bundle_refused{${of('anomaly-detection')}} > 0`,
        `plumbline_learner_bundle_refused{${of('training')}} > 0`,
      ].join('\nor\n'),
      for: Duration.minutes(10),
      severity: 'warning',
      summary: '{{ $labels.job }} cannot use the newest profile',
      description: 'Detection goes on with the one before, or with none; training began anew.',
    },
    {
      name: 'LearningWaits',
      expr: `max by (job) (plumbline_learner_waiting_seconds{${of('training')}}) > 3600`,
      for: Duration.minutes(15),
      severity: 'warning',
      summary: '{{ $labels.job }} has waited {{ $value | humanizeDuration }} for root cause',
      description: 'Nothing is learnt until root cause has looked at it. Profiles get old.',
    },
    {
      name: 'MessagesGivenUp',
      expr: grew(`plumbline_deliveries_total{${of('notification')}, outcome="given up"}`, '30m', ['job', 'channel']),
      for: Duration.minutes(1),
      severity: 'critical',
      summary: '{{ $value | humanize }} messages could not be sent by {{ $labels.channel }}',
      description: 'People were not told of an incident on that channel, and will not be.',
    },
  ];
}
