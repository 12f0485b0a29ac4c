import type { AlertCase } from '../core/alert-case.testing';

const probed = (result: string) =>
  `prober_probe_total{namespace="learning", pod="airflow-api-server-6c9f8d7b5-x2k4q", container="airflow-api-server", probe_type="Readiness", result="${result}"}`;
const ended = (task: string, state: string) =>
  `airflow_ti_finish_total{job="airflow", instance="4d701c37", dag_id="anomaly_detection_training", task_id="${task}", state="${state}"}`;
const rounds = 'airflow_scheduler_heartbeat_total{job="airflow", instance="79709580"}';

export const airflowAlertCases: readonly AlertCase[] = [
  {
    alert: 'AirflowDown',
    fires: { [probed('successful')]: '0+6x10 60x30', [probed('failed')]: '0x10 0+6x30' },
    silent: { [probed('successful')]: '0+6x40' },
    labels: { namespace: 'learning', workload: 'airflow-api-server', severity: 'critical' },
  },
  {
    alert: 'AirflowSchedulerSilent',
    fires: { [rounds]: '0+12x10 120x30' },
    silent: { [rounds]: '0+12x40' },
    labels: { job: 'airflow', severity: 'warning' },
  },
  {
    alert: 'TrainingFailed',
    fires: { [ended('train', 'failed')]: '_x5 1 _x34' },
    // It is tried again.
    silent: { [ended('train', 'up_for_retry')]: '_x5 1 _x34' },
    labels: { job: 'airflow', task_id: 'train', severity: 'warning' },
  },
  {
    alert: 'TrainingOverdue',
    fires: { [ended('evaluate', 'success')]: '1x5 _x95' },
    silent: { [ended('register', 'success')]: '1x5 _x95' },
    after: 90,
    labels: { job: 'airflow', severity: 'warning' },
  },
];
