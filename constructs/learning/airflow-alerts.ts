import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { unreadyAlert } from '../core/unready-alert';
import { notTrained, schedulerRounds, stepsEnded } from './airflow-queries';

/** What alerts of an Airflow depend on. */
export interface AirflowAlertOptions {
  /** What its metrics are told by, which is also its name. */
  readonly job: string;
  readonly namespace: string;
  /** Whether it sends metrics. */
  readonly metrics: boolean;
}

/** What of an Airflow people should know. */
export function airflowAlerts({ job, namespace, metrics }: AirflowAlertOptions): readonly Alert[] {
  const api = `${job}-api-server`;
  return [
    unreadyAlert(
      'Airflow',
      { workload: api, namespace, pods: `${api}-[0-9a-f]+-[0-9a-z]+` },
      'Steps cannot tell how they are, drift starts no training, and nobody sees its runs.',
    ),
    ...(metrics ? trainingAlerts(job) : []),
  ];
}

function trainingAlerts(job: string): readonly Alert[] {
  return [
    {
      name: 'AirflowSchedulerSilent',
      expr: `absent(${schedulerRounds(job, '5m')} > 0)`,
      for: Duration.minutes(10),
      severity: 'warning',
      labels: { job },
      summary: `The scheduler of ${job} has not said anything for fifteen minutes`,
      description: 'No training begins, and one that runs does not go on to its next step. Models get old.',
    },
    {
      name: 'TrainingFailed',
      expr: `${stepsEnded(job, '1h', 'failed')} > 0`,
      for: Duration.minutes(1),
      severity: 'warning',
      summary: 'The step {{ $labels.task_id }} of the training failed, all of its tries',
      description: 'No new version was registered. Workers go on with the one that they have.',
    },
    {
      name: 'TrainingOverdue',
      expr: notTrained(job, '8d'),
      for: Duration.hours(1),
      severity: 'warning',
      summary: `${job} has registered no version of the models for eight days`,
      description:
        'It trains every week. One that is new has an hour after it is there: start the first training by hand, or wait for Sunday.',
    },
  ];
}
