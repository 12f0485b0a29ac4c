import type { Duration } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import { compareText } from '../core/content-hash';
import { readEvery, type ScrapeJob } from './prometheus-config';

/**
 * How API servers are read: each by itself, at the addresses that they publish as EndpointSlice `kubernetes` in `default`. Behind the
 * Service `kubernetes` one would be asked now and another then, whose counters are not the same.
 */
export interface ApiServerDiscoveryProps {
  /** @default - as often as infrastructure is read */
  readonly interval?: Duration;
  /** Metrics that are kept beside {@link apiServerMetrics}, by name. @default - none */
  readonly metrics?: readonly string[];
}

/** Name of its scrape job. */
export const apiServerJob = 'kube-apiserver';

const durations = 'apiserver_request_duration_seconds_bucket';

/** What is kept of an API server's metrics: all of them are tens of thousands of series, most of them buckets of durations. */
export const apiServerMetrics: readonly string[] = [
  'apiserver_client_certificate_expiration_seconds_bucket',
  'apiserver_current_inflight_requests',
  'apiserver_longrunning_requests',
  durations,
  'apiserver_request_total',
  'go_goroutines',
  'process_cpu_seconds_total',
  'process_resident_memory_bytes',
];

/** Of durations: of verbs that end by themselves, and as many bounds as tell fast, slow and far too slow apart, seconds. */
const verbs = ['APPLY', 'DELETE', 'DELETECOLLECTION', 'GET', 'LIST', 'PATCH', 'POST', 'PUT'];
const bounds = ['0\\.1', '0\\.4', '1(\\.0)?', '5(\\.0)?', '15(\\.0)?', '60(\\.0)?', '\\+Inf'];

/** The objects by which API servers are found: what is asked for, and allowed, is this name alone. */
const published = 'kubernetes';

/** Rights to find API servers and to read their metrics. Pods and Services are asked for together with addresses, whether one wants it or not. */
export const apiServerRights: readonly k8s.PolicyRule[] = [
  { nonResourceUrLs: ['/metrics'], verbs: ['get'] },
  {
    apiGroups: ['discovery.k8s.io'],
    resources: ['endpointslices'],
    resourceNames: [published],
    verbs: ['list', 'watch'],
  },
  { apiGroups: [''], resources: ['pods', 'services'], resourceNames: [published], verbs: ['list', 'watch'] },
];

/**
 * The scrape job of API servers.
 *
 * @param account where a pod has the token of its account and the authority of the cluster
 */
export function apiServerScrapeJob({ interval, metrics = [] }: ApiServerDiscoveryProps, account: string): ScrapeJob {
  const names = [...new Set([...apiServerMetrics, ...metrics])].sort(compareText);
  const others = names.filter((name) => name !== durations);
  return {
    job_name: apiServerJob,
    scheme: 'https',
    ...readEvery(interval),
    authorization: { credentials_file: `${account}/token` },
    // Its certificate is for this name, whatever its address.
    tls_config: { ca_file: `${account}/ca.crt`, server_name: 'kubernetes.default.svc' },
    follow_redirects: false,
    kubernetes_sd_configs: [
      {
        role: 'endpointslice',
        namespaces: { names: ['default'] },
        selectors: ['endpointslice', 'pod', 'service'].map((role) => ({ role, field: `metadata.name=${published}` })),
      },
    ],
    relabel_configs: [{ source_labels: ['__meta_kubernetes_endpointslice_port_name'], regex: 'https', action: 'keep' }],
    metric_relabel_configs: [
      {
        source_labels: ['__name__', 'verb', 'le'],
        regex: `(${others.join('|')});.*|${durations};(${verbs.join('|')});(${bounds.join('|')})`,
        action: 'keep',
      },
    ],
  };
}
