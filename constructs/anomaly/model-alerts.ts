import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { increase } from '../core/promql';
import { inferenceTime, refusedVersions, unscored } from './model-queries';
import type { WorkerJobs } from './pipeline-alerts';

/** What of learned models people should know. */
export function modelAlerts(jobs: WorkerJobs): readonly Alert[] {
  const [detection, training] = [`job="${jobs['anomaly-detection']}"`, `job="${jobs.training}"`];
  return [
    {
      name: 'ModelDrift',
      // A drift is told of once a day while it lasts.
      expr: `${increase(`plumbline_model_drift_events_total{${detection}}`, '6h', 'job')} > 0`,
      for: Duration.minutes(1),
      severity: 'warning',
      summary: 'Traces are no longer what the learned models of {{ $labels.job }} were trained with',
      description:
        'Features or scores have moved for two hours in a row. A training is asked for where there is an Airflow; until a new version is ' +
        'approved the old one says less, or too much.',
    },
    {
      name: 'ModelRefused',
      expr: `${refusedVersions(detection)} > 0`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: '{{ $labels.job }} cannot use an approved version of the learned models ({{ $labels.reason }})',
      description: 'It goes on with the version that it has, or with the profile alone.',
    },
    {
      name: 'ModelFails',
      expr: `${unscored(detection, '10m')} > 0`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: 'Version {{ $labels.version }} of the learned models cannot score what {{ $labels.job }} reads',
      description: 'The profile judges those traces alone.',
    },
    {
      name: 'InferenceSlow',
      expr: `${inferenceTime(detection, '10m')} > 0.1`,
      for: Duration.minutes(15),
      severity: 'warning',
      summary:
        'Version {{ $labels.version }} of the learned models takes {{ $value | humanizeDuration }} for the traces of one record',
      description: 'One record in twenty takes a tenth of a second or more to be scored: detection will fall behind.',
    },
    {
      name: 'TrainingNotAsked',
      expr: `${increase(`plumbline_training_asked_total{${training}, outcome="failed"}`, '2h', 'job')} > 3`,
      for: Duration.minutes(5),
      severity: 'warning',
      summary: '{{ $labels.job }} cannot ask for a training, though models have drifted',
      description: 'Airflow does not answer or refuses. It is asked again for a day after the drift.',
    },
  ];
}
