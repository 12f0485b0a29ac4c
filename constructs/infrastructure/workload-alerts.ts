import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { downAlert } from '../core/down-alert';

type Selector = (metric: string, matchers?: string) => string;
/** The largest value of each, whichever pod of kube-state-metrics said so: else an alert would wait anew when that pod is replaced. */
type Each = (labels: string, expr: string) => string;

const each: Each = (labels, expr) => `max by (${labels}) (${expr})`;

/**
 * What of nodes, pods and workloads people should know, as the Kubernetes API tells it.
 *
 * @param job scrape job of kube-state-metrics
 */
export function workloadAlerts(job: string): readonly Alert[] {
  const of: Selector = (metric, matchers) => `${metric}{job="${job}"${matchers === undefined ? '' : `, ${matchers}`}}`;
  return [
    downAlert('KubeStateMetrics', job, 'Nothing is known of nodes, pods and workloads; no alert of them fires.'),
    {
      name: 'KubeStateMetricsBlind',
      expr: [
        `sum by (resource) (rate(kube_state_metrics_list_total{job="${job}-telemetry", result="error"}[5m])) > 0`,
        `sum by (resource) (rate(kube_state_metrics_watch_total{job="${job}-telemetry", result="error"}[5m])) > 0`,
      ].join('\nor\n'),
      for: Duration.minutes(15),
      severity: 'critical',
      runbook: 'KubeStateMetricsDown',
      summary: 'kube-state-metrics cannot read {{ $labels.resource }}',
      description:
        'What it tells of them is old or missing, so alerts of them do not fire. It lacks a right, or the API server is away.',
    },
    ...nodeObjectAlerts(of),
    ...podAlerts(of),
    ...replicaAlerts(of),
    ...volumeAlerts(),
  ];
}

function nodeObjectAlerts(of: Selector): readonly Alert[] {
  return [
    {
      name: 'KubeNodeNotReady',
      expr: `${each('node', of('kube_node_status_condition', 'condition="Ready", status="true"'))} == 0`,
      for: Duration.minutes(10),
      severity: 'critical',
      summary: 'Node {{ $labels.node }} is not ready',
      description:
        'Its kubelet says so, or is not heard of. Pods that were there are being made elsewhere, if there is room.',
    },
    {
      name: 'KubeNodePressure',
      expr: `${each('node, condition', of('kube_node_status_condition', 'condition=~"(Memory|Disk|PID)Pressure", status="true"'))} == 1`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: 'Node {{ $labels.node }} has {{ $labels.condition }}',
      description: 'Its kubelet evicts pods and takes no new ones until there is room again.',
    },
  ];
}

function podAlerts(of: Selector): readonly Alert[] {
  const [pod, container] = ['namespace, pod', 'namespace, pod, container'];
  const inWords = '{{ $labels.namespace }}/{{ $labels.pod }}';
  const restarts = of('kube_pod_container_status_restarts_total');
  return [
    {
      name: 'KubePodCrashLooping',
      // Between two waits it runs for a moment.
      expr: `${each(container, `max_over_time(${of('kube_pod_container_status_waiting_reason', 'reason="CrashLoopBackOff"')}[5m])`)} == 1`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: `{{ $labels.container }} of ${inWords} crashes whenever it is started`,
      description: 'The kubelet waits longer and longer before it starts it again, up to five minutes.',
    },
    {
      name: 'KubeContainerRestarting',
      expr: `${each(container, `increase(${restarts}[1h])`)} > 5`,
      for: Duration.minutes(5),
      severity: 'warning',
      runbook: 'KubePodCrashLooping',
      summary: `{{ $labels.container }} of ${inWords} was started again {{ $value | printf "%.0f" }} times within an hour`,
      description: 'It runs in between, long enough that the kubelet does not call it a crash loop.',
    },
    {
      name: 'KubeContainerOutOfMemory',
      expr: [
        `${each(container, `increase(${restarts}[10m])`)} > 0`,
        `and on (${container}) ${of('kube_pod_container_status_last_terminated_reason', 'reason="OOMKilled"')} == 1`,
      ].join('\n'),
      for: Duration.minutes(1),
      severity: 'warning',
      summary: `{{ $labels.container }} of ${inWords} was killed for its memory`,
      description: 'It took more than its limit, or the node had none left. What it held in memory is lost.',
    },
    {
      name: 'KubePodNotReady',
      expr: [
        `${each(pod, of('kube_pod_status_ready', 'condition="false"'))} == 1`,
        `and on (${pod}) ${of('kube_pod_status_phase', 'phase="Running"')} == 1`,
      ].join('\n'),
      for: Duration.minutes(15),
      severity: 'warning',
      summary: `Pod ${inWords} runs and is not ready`,
      description: 'No Service sends it anything. Its readiness probe fails, or a container of it does not run.',
    },
    {
      name: 'KubePodPending',
      expr: `${each(pod, of('kube_pod_status_phase', 'phase="Pending"'))} == 1`,
      for: Duration.minutes(15),
      severity: 'warning',
      summary: `Pod ${inWords} does not start`,
      description: 'No node has room for it or may have it, a volume is not there, or its image cannot be pulled.',
    },
    {
      name: 'KubeJobFailed',
      expr: `${each('namespace, job_name', of('kube_job_failed', 'condition="true"'))} == 1`,
      for: Duration.minutes(1),
      severity: 'warning',
      summary: 'Job {{ $labels.namespace }}/{{ $labels.job_name }} failed',
      description: 'It is not tried again. What it was to do is not done; of a CronJob, until its next time.',
    },
  ];
}

function replicaAlerts(of: Selector): readonly Alert[] {
  /** Fewer than there should be, and it does not get better: a rollout that goes on is left alone. */
  const short = (kind: string, desired: string, there: string, progress: string): Alert => {
    const label = kind.toLowerCase();
    const labels = `namespace, ${label}`;
    return {
      name: `Kube${kind}ReplicasMissing`,
      expr: [
        `${each(labels, of(desired))} - ${each(labels, of(there))} > 0`,
        `and on (${labels}) ${each(labels, `changes(${of(progress)}[10m])`)} == 0`,
      ].join('\n'),
      for: Duration.minutes(15),
      severity: 'warning',
      runbook: 'KubeReplicasMissing',
      summary: `${kind} {{ $labels.namespace }}/{{ $labels.${label} }} lacks {{ $value }} pods`,
      description: 'They cannot be made, do not start, or are not ready; and it has been so for a while.',
    };
  };
  return [
    short(
      'Deployment',
      'kube_deployment_spec_replicas',
      'kube_deployment_status_replicas_available',
      'kube_deployment_status_replicas_updated',
    ),
    short(
      'StatefulSet',
      'kube_statefulset_replicas',
      'kube_statefulset_status_replicas_ready',
      'kube_statefulset_status_replicas_updated',
    ),
    short(
      'DaemonSet',
      'kube_daemonset_status_desired_number_scheduled',
      'kube_daemonset_status_number_available',
      'kube_daemonset_status_updated_number_scheduled',
    ),
    {
      name: 'KubeHpaAtMaximum',
      expr: [
        each('namespace, horizontalpodautoscaler', of('kube_horizontalpodautoscaler_status_current_replicas')),
        `>= ${each('namespace, horizontalpodautoscaler', of('kube_horizontalpodautoscaler_spec_max_replicas'))}`,
        `> ${each('namespace, horizontalpodautoscaler', of('kube_horizontalpodautoscaler_spec_min_replicas'))}`,
      ].join('\n'),
      for: Duration.minutes(15),
      severity: 'warning',
      summary:
        'Autoscaler {{ $labels.namespace }}/{{ $labels.horizontalpodautoscaler }} has all {{ $value }} pods that it may',
      description: 'If load grows further, nothing is added.',
    },
    {
      name: 'KubeQuotaNearlyUsed',
      expr: [
        each('namespace, resourcequota, resource', of('kube_resourcequota', 'type="used"')),
        `/ (${each('namespace, resourcequota, resource', of('kube_resourcequota', 'type="hard"'))} > 0) > 0.9`,
      ].join('\n'),
      for: Duration.minutes(15),
      severity: 'warning',
      summary:
        'Of {{ $labels.resource }} in quota {{ $labels.namespace }}/{{ $labels.resourcequota }} {{ $value | humanizePercentage }} are used',
      description:
        'When it is used up, no pod can be made in the namespace, also none that takes the place of another.',
    },
  ];
}

/** Of volume claims only the kubelet knows how full they are. */
function volumeAlerts(): readonly Alert[] {
  const claim = 'namespace, persistentvolumeclaim';
  const volume = 'Volume {{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }}';
  const free = (what: string, of: string) =>
    each(claim, `kubelet_volume_stats_${what} / (kubelet_volume_stats_${of} > 0)`);
  const common = { severity: 'warning', source: 'kubelet', runbook: 'KubeVolumeFilling' } as const;
  return [
    {
      ...common,
      name: 'KubeVolumeFilling',
      expr: [
        `${free('available_bytes', 'capacity_bytes')} < 0.4`,
        `and on (${claim}) ${each(claim, 'predict_linear(kubelet_volume_stats_available_bytes[6h], 2 * 24 * 3600)')} < 0`,
      ].join('\n'),
      for: Duration.hours(1),
      summary: `${volume} has {{ $value | humanizePercentage }} free, and nothing in two days`,
      description: 'That is, if it goes on to fill as in the last six hours.',
    },
    {
      ...common,
      name: 'KubeVolumeFull',
      expr: `${free('available_bytes', 'capacity_bytes')} < 0.05`,
      for: Duration.minutes(5),
      severity: 'critical',
      summary: `${volume} has {{ $value | humanizePercentage }} free`,
      description: 'Whoever writes to it fails in a moment; many do not start again on a full volume.',
    },
    {
      ...common,
      name: 'KubeVolumeInodesLow',
      expr: `${free('inodes_free', 'inodes')} < 0.05`,
      for: Duration.minutes(15),
      summary: `${volume} has {{ $value | humanizePercentage }} of its inodes free`,
      description: 'Without inodes no file can be made, whatever room there is.',
    },
  ];
}
