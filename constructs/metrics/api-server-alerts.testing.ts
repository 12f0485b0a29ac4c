import type { AlertCase } from '../core/alert-case.testing';

const server = (address: string) => `job="kube-apiserver", instance="${address}:6443"`;
const one = server('10.0.0.1');
const request = `${one}, group="apps", version="v1", resource="deployments", scope="resource", component="apiserver"`;
const requests = (failed: number) => ({
  [`apiserver_request_total{${request}, verb="GET", code="200"}`]: '0+960x60',
  [`apiserver_request_total{${request}, verb="GET", code="500"}`]: `0+${failed}x60`,
});
const durations = (verb: string, withinOne: number, subresource = '') => {
  const of = `${request}, verb="${verb}", subresource="${subresource}"`;
  return {
    [`apiserver_request_duration_seconds_bucket{${of}, le="1"}`]: `0+${withinOne}x60`,
    [`apiserver_request_duration_seconds_bucket{${of}, le="5"}`]: '0+1000x60',
    [`apiserver_request_duration_seconds_bucket{${of}, le="+Inf"}`]: '0+1000x60',
  };
};
const certificates = (withinWeek: number) => ({
  [`apiserver_client_certificate_expiration_seconds_bucket{${one}, le="345600"}`]: '0x60',
  [`apiserver_client_certificate_expiration_seconds_bucket{${one}, le="604800"}`]: `0+${withinWeek}x60`,
  [`apiserver_client_certificate_expiration_seconds_bucket{${one}, le="2592000"}`]: '0+1000x60',
  [`apiserver_client_certificate_expiration_seconds_bucket{${one}, le="+Inf"}`]: '0+1000x60',
});

/** Of a Prometheus that reads API servers. */
export const apiServerAlertCases: readonly AlertCase[] = [
  {
    alert: 'KubeApiServerDown',
    fires: { [`up{${one}}`]: '1x5 0x60' },
    silent: { [`up{${one}}`]: '1x5 0x60', [`up{${server('10.0.0.2')}}`]: '1x60' },
    labels: { job: 'kube-apiserver', severity: 'critical' },
  },
  {
    alert: 'KubeApiServerErrors',
    fires: requests(40),
    silent: requests(20),
    labels: { job: 'kube-apiserver', severity: 'critical' },
  },
  {
    alert: 'KubeApiServerSlow',
    fires: durations('PUT', 980),
    // Listing may take longer, and a log takes as long as it is followed.
    silent: { ...durations('PUT', 995), ...durations('LIST', 500), ...durations('GET', 0, 'log') },
    labels: { verb: 'PUT', severity: 'warning' },
  },
  {
    alert: 'KubeClientCertificateExpiring',
    fires: certificates(20),
    silent: certificates(5),
    labels: { job: 'kube-apiserver', severity: 'warning' },
  },
];
