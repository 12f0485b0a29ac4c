import { workers } from '../contracts';
import type { AlertCase, TestSeries } from '../core/alert-case.testing';

const pod = (job: string) => `job="${job}", instance="10.0.0.1:8081"`;
const up = (jobs: readonly string[]): TestSeries => Object.fromEntries(jobs.map((job) => [`up{${pod(job)}}`, '1x60']));
const lag = (values: string): TestSeries => ({
  [`plumbline_worker_lag_records{${pod('preprocessing')}, stage="preprocessing", topic="traces", partition="0"}`]:
    values,
});
const retries = (values: string): TestSeries => ({
  [`plumbline_worker_retries_total{${pod('training')}, stage="training", what="put", code="ECONNREFUSED"}`]: values,
});
const scoring = (quick: string): TestSeries => ({
  [`plumbline_detection_inference_seconds_bucket{${pod('anomaly-detection')}, le="0.25"}`]: quick,
  [`plumbline_detection_inference_seconds_bucket{${pod('anomaly-detection')}, le="0.5"}`]: '0+600x60',
  [`plumbline_detection_inference_seconds_bucket{${pod('anomaly-detection')}, le="+Inf"}`]: '0+600x60',
});
const newestWindow = (values: string): TestSeries => ({
  [`plumbline_root_cause_newest_window_seconds{${pod('root-cause')}}`]: values,
});
const spans: TestSeries = { [`plumbline_preprocessing_spans_total{${pod('preprocessing')}}`]: '0+6000x60' };

export const pipelineAlertCases: readonly AlertCase[] = [
  {
    alert: 'WorkerDown',
    fires: up(workers.filter((name) => name !== 'root-cause')),
    silent: up(workers),
    labels: { job: 'root-cause', severity: 'critical' },
  },
  {
    alert: 'WorkerNotReading',
    fires: up(['notification']),
    silent: {
      ...up(['notification']),
      [`plumbline_worker_assigned_partitions{${pod('notification')}, stage="notification"}`]: '_x3 4x40',
    },
    labels: { job: 'notification', severity: 'critical' },
  },
  {
    alert: 'WorkerBehind',
    fires: lag('5000x40'),
    silent: lag('5000x10 100x40'),
    labels: { job: 'preprocessing', topic: 'traces', severity: 'warning' },
  },
  {
    alert: 'WorkerRetrying',
    fires: retries('0+6x40'),
    silent: retries('0+1x40'),
    labels: { job: 'training', what: 'put', code: 'ECONNREFUSED', severity: 'warning' },
  },
  {
    alert: 'WorkerLostRecords',
    fires: { [`plumbline_worker_lost_offsets_total{${pod('preprocessing')}, topic="traces"}`]: '_x20 12x30' },
    silent: { [`plumbline_worker_lost_offsets_total{${pod('preprocessing')}, topic="traces"}`]: '12x60' },
    labels: { job: 'preprocessing', topic: 'traces', severity: 'critical' },
    after: 45,
  },
  {
    alert: 'UnreadableRecords',
    fires: { [`plumbline_detection_malformed_total{${pod('anomaly-detection')}}`]: '0x20 1x20' },
    silent: { [`plumbline_detection_malformed_total{${pod('anomaly-detection')}}`]: '7x40' },
    labels: { job: 'anomaly-detection', severity: 'warning' },
  },
  {
    alert: 'TracesEmittedEarly',
    fires: { [`plumbline_preprocessing_evicted_traces_total{${pod('preprocessing')}}`]: '0+5x40' },
    silent: { [`plumbline_preprocessing_evicted_traces_total{${pod('preprocessing')}}`]: '0 5x40' },
    labels: { job: 'preprocessing', severity: 'warning' },
  },
  {
    alert: 'DetectionSlow',
    fires: scoring('0+500x60'),
    silent: scoring('0+590x60'),
    labels: { job: 'anomaly-detection', severity: 'warning' },
  },
  {
    alert: 'IncidentsLate',
    fires: { ...newestWindow('1x40'), ...spans },
    // As late, but nothing comes.
    silent: newestWindow('1x40'),
    labels: { job: 'root-cause', severity: 'critical' },
  },
  {
    alert: 'WindowsClosedEarly',
    fires: { [`plumbline_root_cause_early_windows_total{${pod('root-cause')}}`]: '0x20 2x20' },
    silent: { [`plumbline_root_cause_early_windows_total{${pod('root-cause')}}`]: '2x40' },
    labels: { job: 'root-cause', severity: 'warning' },
  },
  {
    alert: 'ProfileRefused',
    fires: { [`plumbline_bundle_refused{${pod('anomaly-detection')}}`]: '0x5 1x40' },
    silent: { [`plumbline_bundle_refused{${pod('anomaly-detection')}}`]: '0x40' },
    labels: { job: 'anomaly-detection', instance: '10.0.0.1:8081', severity: 'warning' },
  },
  {
    alert: 'LearningWaits',
    fires: { [`plumbline_learner_waiting_seconds{${pod('training')}}`]: '4000+60x40' },
    silent: { [`plumbline_learner_waiting_seconds{${pod('training')}}`]: '900x40' },
    labels: { job: 'training', severity: 'warning' },
  },
  {
    alert: 'MessagesGivenUp',
    fires: {
      [`plumbline_deliveries_total{${pod('notification')}, channel="slack", outcome="given up"}`]: '_x20 1x30',
    },
    silent: {
      [`plumbline_deliveries_total{${pod('notification')}, channel="slack", outcome="put off"}`]: '_x20 1x30',
    },
    labels: { job: 'notification', channel: 'slack', severity: 'critical' },
    after: 35,
  },
];
