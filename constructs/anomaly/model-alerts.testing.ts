import type { AlertCase, TestSeries } from '../core/alert-case.testing';

const detection = 'job="anomaly-detection", instance="10.0.0.1:8081"';
const version = 'version="000003-0123456789ab"';
const inference = (quick: string): TestSeries => ({
  [`plumbline_learned_inference_seconds_bucket{${detection}, ${version}, le="0.1"}`]: quick,
  [`plumbline_learned_inference_seconds_bucket{${detection}, ${version}, le="0.25"}`]: '0+600x60',
  [`plumbline_learned_inference_seconds_bucket{${detection}, ${version}, le="+Inf"}`]: '0+600x60',
});
const asked = (outcome: string): TestSeries => ({
  [`plumbline_training_asked_total{job="training", instance="10.0.0.2:8081", outcome="${outcome}"}`]:
    '0x10 1+1x10 11x20',
});

export const modelAlertCases: readonly AlertCase[] = [
  {
    alert: 'ModelDrift',
    fires: { [`plumbline_model_drift_events_total{${detection}}`]: '0x20 1x20' },
    // Told of before, and not since.
    silent: { [`plumbline_model_drift_events_total{${detection}}`]: '1x40' },
    labels: { job: 'anomaly-detection', severity: 'warning' },
  },
  {
    alert: 'ModelRefused',
    fires: { [`plumbline_learned_refused{${detection}, reason="hash"}`]: '0x5 1x40' },
    silent: { [`plumbline_learned_refused{${detection}, reason="hash"}`]: '0x5 1x5 0x30' },
    labels: { job: 'anomaly-detection', reason: 'hash', severity: 'warning' },
  },
  {
    alert: 'ModelFails',
    fires: { [`plumbline_learned_failures_total{${detection}, ${version}}`]: '0+2x40' },
    silent: { [`plumbline_learned_failures_total{${detection}, ${version}}`]: '7x40' },
    labels: { job: 'anomaly-detection', version: '000003-0123456789ab', severity: 'warning' },
  },
  {
    alert: 'InferenceSlow',
    fires: inference('0+500x60'),
    silent: inference('0+590x60'),
    labels: { job: 'anomaly-detection', version: '000003-0123456789ab', severity: 'warning' },
  },
  {
    alert: 'TrainingNotAsked',
    fires: asked('failed'),
    silent: asked('cooling'),
    labels: { job: 'training', severity: 'warning' },
  },
];
