import type { ScrapeIntervals } from '../core/component';
import { compareText } from '../core/content-hash';
import { defined } from '../core/defined';
import type { ServiceEndpoint } from '../core/endpoint';
import { apiServerJob, apiServerScrapeJob } from './api-server-discovery';
import type { AnnotatedPodsProps, DiscoveryProps, KubeletDiscoveryProps } from './discovery';
import { readEvery, type ScrapeJob } from './prometheus-config';

/** Names of the scrape jobs of what is discovered. */
export const discoveryJobs = {
  kubelet: 'kubelet',
  cadvisor: 'cadvisor',
  apiServer: apiServerJob,
  annotatedPods: 'annotated-pods',
} as const;

/** Those of the jobs that there are. */
export function jobsOf({ kubelet, apiServer, annotatedPods }: DiscoveryProps): readonly string[] {
  return [
    ...(kubelet === undefined ? [] : [discoveryJobs.kubelet, discoveryJobs.cadvisor]),
    ...(apiServer === undefined ? [] : [discoveryJobs.apiServer]),
    ...(annotatedPods === undefined ? [] : [discoveryJobs.annotatedPods]),
  ];
}

/** What is kept of a kubelet's own metrics: histograms of what it does would be most of them. */
export const kubeletMetrics: readonly string[] = [
  'kubelet_certificate_manager_client_ttl_seconds',
  'kubelet_evictions',
  'kubelet_node_name',
  'kubelet_running_containers',
  'kubelet_running_pods',
  'kubelet_runtime_operations_errors_total',
  'kubelet_volume_stats_available_bytes',
  'kubelet_volume_stats_capacity_bytes',
  'kubelet_volume_stats_inodes',
  'kubelet_volume_stats_inodes_free',
  'kubelet_volume_stats_used_bytes',
];

/** What is kept of the metrics of containers. */
export const cadvisorMetrics: readonly string[] = [
  'container_cpu_cfs_periods_total',
  'container_cpu_cfs_throttled_periods_total',
  'container_cpu_usage_seconds_total',
  'container_fs_reads_bytes_total',
  'container_fs_writes_bytes_total',
  'container_memory_rss',
  'container_memory_working_set_bytes',
  'container_network_receive_bytes_total',
  'container_network_receive_packets_dropped_total',
  'container_network_transmit_bytes_total',
  'container_network_transmit_packets_dropped_total',
  'container_oom_events_total',
  'container_spec_memory_limit_bytes',
  'container_start_time_seconds',
  'machine_cpu_cores',
  'machine_memory_bytes',
];

/** Where a pod has the token of its account and the authority of the cluster. */
const account = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Scrape jobs of what is discovered.
 *
 * @param wired what is read by wires, whose pods are not read a second time for an annotation
 * @param intervals how often targets of a class are read: kubelets and API servers are infrastructure
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/#kubernetes_sd_config
 */
export function discoveryConfig(
  { kubelet, apiServer, annotatedPods }: DiscoveryProps,
  wired: readonly ServiceEndpoint[],
  intervals: ScrapeIntervals = {},
): readonly ScrapeJob[] {
  const often = defined({ interval: intervals.infrastructure });
  return [
    ...(kubelet === undefined ? [] : kubeletJobs({ ...often, ...kubelet })),
    ...(apiServer === undefined ? [] : [apiServerScrapeJob({ ...often, ...apiServer }, account)]),
    ...(annotatedPods === undefined ? [] : [annotatedPodsJob(annotatedPods, wired)]),
  ];
}

function kubeletJobs({ selfSigned = false, interval, metrics = [] }: KubeletDiscoveryProps): readonly ScrapeJob[] {
  const common = {
    scheme: 'https',
    ...readEvery(interval),
    authorization: { credentials_file: `${account}/token` },
    tls_config: selfSigned ? { insecure_skip_verify: true } : { ca_file: `${account}/ca.crt` },
    // The token is for kubelets, not for where one of them points.
    follow_redirects: false,
    kubernetes_sd_configs: [{ role: 'node' }],
    relabel_configs: [{ source_labels: ['__meta_kubernetes_node_name'], target_label: 'node' }],
  };
  return [
    {
      job_name: discoveryJobs.kubelet,
      ...common,
      metric_relabel_configs: [keepNames([...kubeletMetrics, ...metrics])],
    },
    {
      job_name: discoveryJobs.cadvisor,
      metrics_path: '/metrics/cadvisor',
      // With the times of cAdvisor, series of a container that ended would seem to go on for minutes.
      honor_timestamps: false,
      ...common,
      metric_relabel_configs: [
        keepNames([...cadvisorMetrics, ...metrics]),
        {
          // Containers, networks of pods and the node as a whole: not the groups that they are in, which are their sums, and not services of
          // the node.
          source_labels: ['__name__', 'container', 'pod', 'id'],
          regex: 'machine_.+|container_network_.+;(POD)?;.+;.*|container_.+;.+;.+;.*|container_.+;;;/',
          action: 'keep',
        },
        // New with each start of a container, so that each start would make new series.
        { regex: 'id|name|image', action: 'labeldrop' },
      ],
    },
  ];
}

function annotatedPodsJob(props: AnnotatedPodsProps, wired: readonly ServiceEndpoint[]): ScrapeJob {
  const { allowedNamespaces, samplesPerPod = 5000, targets = 1000, interval } = props;
  const annotation = (name: string) => `__meta_kubernetes_pod_annotation_prometheus_io_${name}`;
  const address = { source_labels: [annotation('port'), '__meta_kubernetes_pod_ip'], target_label: '__address__' };
  const ours = selectorsOf(wired);
  return {
    job_name: discoveryJobs.annotatedPods,
    ...readEvery(interval),
    sample_limit: samplesPerPod,
    target_limit: targets,
    label_limit: 40,
    label_name_length_limit: 128,
    label_value_length_limit: 1024,
    body_size_limit: '10MB',
    // They would let a pod say when it was, and send whoever reads it to any address.
    honor_timestamps: false,
    follow_redirects: false,
    // Of exporters that do not say what they answer with.
    fallback_scrape_protocol: 'PrometheusText0.0.4',
    // No certificate is for the address of a pod, and nothing secret is sent.
    tls_config: { insecure_skip_verify: true },
    kubernetes_sd_configs: [
      {
        role: 'pod',
        ...(allowedNamespaces !== undefined && { namespaces: { names: [...new Set(allowedNamespaces)] } }),
        selectors: [{ role: 'pod', field: 'status.phase=Running' }],
      },
    ],
    relabel_configs: [
      { source_labels: [annotation('scrape')], regex: 'true', action: 'keep' },
      ...(ours === undefined ? [] : [ours]),
      // On the host network, an annotation would name a port of the node.
      {
        source_labels: ['__meta_kubernetes_pod_ip'],
        target_label: '__meta_kubernetes_pod_host_ip',
        action: 'dropequal',
      },
      { source_labels: ['__meta_kubernetes_pod_container_init'], regex: 'true', action: 'drop' },
      {
        source_labels: [annotation('port'), '__meta_kubernetes_pod_container_port_protocol'],
        regex: ';(UDP|SCTP)',
        action: 'drop',
      },
      {
        source_labels: [annotation('port'), '__meta_kubernetes_pod_container_port_number'],
        regex: '\\d+;.*|;\\d+',
        action: 'keep',
      },
      { ...address, regex: '(\\d+);([\\d.]+)', replacement: '$2:$1' },
      { ...address, regex: '(\\d+);([\\da-fA-F]*:[\\da-fA-F:.]+)', replacement: '[$2]:$1' },
      { source_labels: [annotation('scheme')], regex: '(https?)', target_label: '__scheme__' },
      { source_labels: [annotation('path')], regex: '(/.*)', target_label: '__metrics_path__' },
      { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
      { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
    ],
    metric_relabel_configs: [
      // What Prometheus says itself of targets and alerts, recorded series, and what others say of nodes, objects and containers.
      {
        source_labels: ['__name__'],
        regex: 'up|scrape_.+|ALERTS.*|.*:.*|(container|kube|kubelet|machine|node|plumbline)_.+',
        action: 'drop',
      },
    ],
  };
}

function keepNames(names: readonly string[]): object {
  const regex = [...new Set(names)].sort(compareText).join('|');
  return { source_labels: ['__name__'], regex, action: 'keep' };
}

/** Leaves out pods that are read by a wire. */
function selectorsOf(wired: readonly ServiceEndpoint[]): object | undefined {
  const selectors = wired.map(({ workload: { namespace, selector } }) =>
    [namespace, selector.name, selector.instance].join(';'),
  );
  if (selectors.length === 0) return undefined;
  const label = (name: string) => `__meta_kubernetes_pod_label_app_kubernetes_io_${name}`;
  return {
    source_labels: ['__meta_kubernetes_namespace', label('name'), label('instance')],
    regex: [...new Set(selectors)].sort(compareText).join('|'),
    action: 'drop',
  };
}
