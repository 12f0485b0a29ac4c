import type { Dashboard } from '../core/dashboard';
import { dashboard, folders, ownTitle, ownUid, promql, rateRange, row, stat, timeseries } from '../dashboards';
import { schedulerRounds, stepsEnded } from './airflow-queries';

/** Whether models are trained, and what became of each step. @param job what its metrics are told by, which is also its name */
export function airflowDashboard(job: string): Dashboard {
  const of = `job="${job}"`;
  return dashboard({
    uid: ownUid(job),
    title: ownTitle('Airflow', 'airflow', job),
    folder: folders.platform,
    description: 'Whether models are trained, what became of each step, and whether the scheduler goes round.',
    rows: [
      row(
        'At a glance',
        stat({
          title: 'Steps that succeeded',
          description: 'Within a day. A training has five.',
          unit: 'short',
          query: promql(`sum(${stepsEnded(job, '1d', 'success')}) or vector(0)`),
        }),
        stat({
          title: 'Steps that failed',
          description: 'Within a day, all of their tries.',
          unit: 'short',
          query: promql(`sum(${stepsEnded(job, '1d', 'failed')}) or vector(0)`),
          thresholds: { warn: 1 },
        }),
        stat({
          title: 'Steps that run',
          description: 'Each waits for a pod.',
          unit: 'short',
          query: promql(`max(airflow_executor_running_tasks{${of}})`),
        }),
        stat({
          title: 'Files that cannot be read',
          description: 'DAGs that the processor could not import.',
          unit: 'short',
          query: promql(`max(airflow_dag_processing_import_errors{${of}})`),
          thresholds: { warn: 1 },
        }),
      ),
      row(
        'Servers',
        timeseries({
          title: 'Rounds',
          description: 'Of the scheduler and of the DAG processor, a second. None: it hangs, or is not there.',
          unit: 'cps',
          queries: [
            promql(schedulerRounds(job, rateRange), { legend: 'scheduler' }),
            promql(`sum(rate(airflow_dag_processor_heartbeat_total{${of}}[${rateRange}]))`, {
              legend: 'DAG processor',
            }),
          ],
        }),
        timeseries({
          title: 'Steps, by outcome',
          description: 'Within an hour.',
          unit: 'short',
          queries: ['success', 'up_for_retry', 'failed'].map((state) =>
            promql(`sum(${stepsEnded(job, '1h', state)})`, { legend: state }),
          ),
        }),
      ),
    ],
  });
}
