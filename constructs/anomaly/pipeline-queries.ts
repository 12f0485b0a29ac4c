import type { WorkerName } from '../contracts';
import { quantile, rate } from '../core/promql';

/* What alerts and dashboards of the pipeline ask alike. */

/** Records not processed yet, by worker and topic. @param of matchers of its series */
export function workerLag(of: string): string {
  return `sum by (job, topic) (plumbline_worker_lag_records{${of}})`;
}

/** Failures that were repeated, a second. @param of matchers of its series */
export function workerRetries(of: string, range: string): string {
  return rate(`plumbline_worker_retries_total{${of}}`, range, 'job', 'what', 'code');
}

/** How long one record in twenty takes to be judged, seconds. @param of matchers of its series */
export function judgingTime(of: string, range: string): string {
  return quantile(0.95, `plumbline_detection_inference_seconds_bucket{${of}}`, range, 'job');
}

/** How long ago what root cause looked at last happened, seconds. @param of matchers of its series */
export function windowAge(of: string): string {
  return `time() - max by (job) (plumbline_root_cause_newest_window_seconds{${of}} > 0)`;
}

/** Counters of what workers could not read. @param of matchers of the series of a worker */
export function unreadable(of: (worker: WorkerName) => string): readonly string[] {
  return [
    `plumbline_preprocessing_malformed_records_total{${of('preprocessing')}}`,
    `plumbline_detection_malformed_total{${of('anomaly-detection')}}`,
    `plumbline_root_cause_malformed_total{${of('root-cause')}}`,
    `plumbline_learner_malformed_total{${of('training')}}`,
    `plumbline_notification_unreadable_total{${of('notification')}}`,
    `plumbline_feedback_unreadable_total{${of('console')}}`,
  ];
}
