import { Duration } from 'cdk8s';
import type { Alert, RecordingRule } from '../core/alert';
import { apiServerAlerts } from './api-server-alerts';
import type { DiscoveryProps } from './discovery';
import { discoveryJobs } from './discovery-config';

/** What of discovered targets people should know. */
export function discoveryAlerts({ kubelet, apiServer, annotatedPods }: DiscoveryProps): readonly Alert[] {
  return [
    ...(kubelet === undefined ? [] : kubeletAlerts()),
    ...(apiServer === undefined ? [] : apiServerAlerts),
    ...(annotatedPods === undefined ? [] : podAlerts()),
  ];
}

function kubeletAlerts(): readonly Alert[] {
  return [
    {
      name: 'KubeletsNotRead',
      expr: `absent(up{job="${discoveryJobs.kubelet}"} == 1)`,
      for: Duration.minutes(10),
      severity: 'critical',
      labels: { job: discoveryJobs.kubelet },
      summary: 'Of no node the kubelet is read',
      description: 'How full volumes are is not known, nor what containers take: no alert of either fires.',
    },
    {
      name: 'KubeContainerThrottled',
      expr: [
        `sum by (namespace, pod, container) (rate(container_cpu_cfs_throttled_periods_total{job="${discoveryJobs.cadvisor}"}[5m]))`,
        `/ sum by (namespace, pod, container) (rate(container_cpu_cfs_periods_total{job="${discoveryJobs.cadvisor}"}[5m])) > 0.5`,
      ].join('\n'),
      for: Duration.minutes(15),
      severity: 'info',
      summary:
        '{{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} is kept waiting in {{ $value | humanizePercentage }} of its periods',
      description: 'It reaches its CPU limit and waits for the next tenth of a second, however idle the node is.',
    },
  ];
}

function podAlerts(): readonly Alert[] {
  const pool = `job="prometheus", scrape_job="${discoveryJobs.annotatedPods}"`;
  return [
    {
      name: 'AnnotatedPodNotRead',
      expr: `min by (namespace, pod) (up{job="${discoveryJobs.annotatedPods}"}) == 0`,
      for: Duration.minutes(15),
      severity: 'info',
      runbook: 'AnnotatedPodsTooMany',
      summary: 'Pod {{ $labels.namespace }}/{{ $labels.pod }} asks to be read and cannot be',
      description:
        'Its annotations name a port that does not answer, a policy of its team does not let Prometheus in, or it has more series than are taken.',
    },
    {
      name: 'AnnotatedPodsTooMany',
      expr: `prometheus_target_scrape_pool_targets{${pool}}\n> 0.9 * (prometheus_target_scrape_pool_target_limit{${pool}} > 0)`,
      for: Duration.minutes(15),
      severity: 'warning',
      summary: '{{ $value }} targets of pods that ask to be read: soon more than are allowed',
      description:
        'If there are more, none of them is read. One team may have annotated a large Deployment with many ports.',
    },
  ];
}

/** What containers take, as dashboards ask for it. */
export function discoveryRecordingRules({ kubelet }: DiscoveryProps): readonly RecordingRule[] {
  if (kubelet === undefined) return [];
  const of = (metric: string) => `${metric}{job="${discoveryJobs.cadvisor}", container!=""}`;
  const by = 'node, namespace, pod, container';
  return [
    {
      record: 'namespace_pod_container:container_cpu_usage:rate5m',
      expr: `sum by (${by}) (rate(${of('container_cpu_usage_seconds_total')}[5m]))`,
    },
    {
      record: 'namespace_pod_container:container_memory_working_set:bytes',
      expr: `max by (${by}) (${of('container_memory_working_set_bytes')})`,
    },
  ];
}
