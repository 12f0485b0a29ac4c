import type { AlertCase, TestSeries } from '../core/alert-case.testing';

const at = 'job="fastapi", instance="api.example.org:443"';
/** In a minute. */
const answered = (well: number, badly: number): TestSeries => ({
  [`http_requests_total{${at}, handler="/orders", method="GET", status="2xx"}`]: `0+${well}x60`,
  [`http_requests_total{${at}, handler="/orders", method="GET", status="5xx"}`]: `0+${badly}x60`,
});
const slow = (above: number): TestSeries => ({
  ...answered(100, 0),
  [`http_request_duration_highr_seconds_bucket{${at}, le="0.5"}`]: `0+${100 - above}x60`,
  [`http_request_duration_highr_seconds_bucket{${at}, le="2"}`]: '0+100x60',
  [`http_request_duration_highr_seconds_bucket{${at}, le="+Inf"}`]: '0+100x60',
});

export const fastApiAlertCases: readonly AlertCase[] = [
  {
    alert: 'FastApiDown',
    fires: { [`up{${at}}`]: '0x60' },
    silent: { [`up{${at}}`]: '1x60' },
    labels: { job: 'fastapi', severity: 'critical' },
  },
  {
    alert: 'FastApiErrors',
    fires: answered(90, 10),
    // One of two in a minute.
    silent: answered(1, 1),
    labels: { job: 'fastapi', severity: 'critical' },
  },
  { alert: 'FastApiSlow', fires: slow(20), silent: slow(2), labels: { job: 'fastapi', severity: 'warning' } },
];
