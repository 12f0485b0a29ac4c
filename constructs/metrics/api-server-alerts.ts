import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { apiServerJob } from './api-server-discovery';
import { apiServerDuration, apiServerErrors, apiServers, clientCertificates } from './api-server-queries';

/**
 * What of API servers people should know; names as Kubernetes has them since 1.28.
 *
 * @see https://kubernetes.io/docs/reference/instrumentation/metrics/
 * @see https://github.com/kubernetes/community/blob/master/sig-scalability/slos/api_call_latency.md for what is slow
 */
export const apiServerAlerts: readonly Alert[] = [
  {
    name: 'KubeApiServerDown',
    expr: `absent(up{${apiServers}} == 1)`,
    for: Duration.minutes(5),
    severity: 'critical',
    labels: { job: apiServerJob },
    summary: 'No API server of the cluster answers',
    description:
      'What runs goes on to run. Nothing is scheduled, replaced or scaled, and nobody can change anything, until one is back.',
  },
  {
    name: 'KubeApiServerErrors',
    expr: `${apiServerErrors('5m')} > 0.03`,
    for: Duration.minutes(10),
    severity: 'critical',
    summary: '{{ $value | humanizePercentage }} of the requests to the API server fail',
    description:
      'Controllers, kubelets and people try again and again. The storage behind it, or a webhook, is usually why.',
  },
  {
    name: 'KubeApiServerSlow',
    expr: `${apiServerDuration('5m', 'APPLY|DELETE|GET|PATCH|POST|PUT')} > 1`,
    for: Duration.minutes(10),
    severity: 'warning',
    summary:
      'One in a hundred requests {{ $labels.verb }} to the API server takes longer than {{ $value | humanizeDuration }}',
    description:
      'Of single objects it should be a second at most. Pods start late, and controllers act on what is old.',
  },
  {
    name: 'KubeClientCertificateExpiring',
    expr: `${clientCertificates('15m')} < ${7 * 86_400}`,
    for: Duration.minutes(15),
    severity: 'warning',
    summary: 'A client of the API server has a certificate that is valid for {{ $value | humanizeDuration }} more',
    description:
      'When it is over, whoever it is cannot log in: a kubelet, a controller, or somebody with a kubeconfig.',
  },
];
