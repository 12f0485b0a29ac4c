import type { AlertCase, TestSeries } from '../core/alert-case.testing';

/** As one pod of kube-state-metrics says it, and then the one that took its place. */
const told = (metric: string, labels: string, values: string): TestSeries => ({
  [`${metric}{job="kube-state-metrics", instance="10.1.0.4:8080", ${labels}}`]: values,
});
const toldByTwo = (metric: string, labels: string, first: string, second: string): TestSeries => ({
  ...told(metric, labels, first),
  [`${metric}{job="kube-state-metrics", instance="10.1.0.5:8080", ${labels}}`]: second,
});

const pod = 'namespace="shop", pod="cart-1", uid="1"';
const container = `${pod}, container="cart"`;
const ofPod = { namespace: 'shop', pod: 'cart-1', severity: 'warning' };
const ofContainer = { ...ofPod, container: 'cart' };
const restarts = (values: string) => told('kube_pod_container_status_restarts_total', container, values);
const killed = (reason: string) =>
  told('kube_pod_container_status_last_terminated_reason', `${container}, reason="${reason}"`, '1x60');
const claim = 'namespace="shop", persistentvolumeclaim="data-db-0"';
const ofClaim = { namespace: 'shop', persistentvolumeclaim: 'data-db-0', severity: 'warning' };
const volume = (free: string) => ({
  [`kubelet_volume_stats_available_bytes{job="kubelet", ${claim}}`]: free,
  [`kubelet_volume_stats_capacity_bytes{job="kubelet", ${claim}}`]: '1000x200',
});
const inodes = (free: number) => ({
  [`kubelet_volume_stats_inodes_free{job="kubelet", ${claim}}`]: `${free}x60`,
  [`kubelet_volume_stats_inodes{job="kubelet", ${claim}}`]: '1000x60',
});
const autoscaler = (now: number, least: number) => {
  const of = 'namespace="shop", horizontalpodautoscaler="cart"';
  return {
    ...told('kube_horizontalpodautoscaler_status_current_replicas', of, `${now}x60`),
    ...told('kube_horizontalpodautoscaler_spec_max_replicas', of, '5x60'),
    ...told('kube_horizontalpodautoscaler_spec_min_replicas', of, `${least}x60`),
  };
};
const quota = (used: number) => {
  const of = 'namespace="shop", resourcequota="all", resource="pods"';
  return {
    ...told('kube_resourcequota', `${of}, type="used"`, `${used}x60`),
    ...told('kube_resourcequota', `${of}, type="hard"`, '100x60'),
  };
};

/** Two of three are there, and how many are of the newest template. */
const replicas = (names: { desired: string; there: string; updated: string }, of: string, updated: string) => ({
  ...told(names.desired, of, '3x60'),
  ...told(names.there, of, '2x60'),
  ...told(names.updated, of, updated),
});
const deployment = (updated: string) =>
  replicas(
    {
      desired: 'kube_deployment_spec_replicas',
      there: 'kube_deployment_status_replicas_available',
      updated: 'kube_deployment_status_replicas_updated',
    },
    'namespace="shop", deployment="cart"',
    updated,
  );
const statefulSet = (updated: string) =>
  replicas(
    {
      desired: 'kube_statefulset_replicas',
      there: 'kube_statefulset_status_replicas_ready',
      updated: 'kube_statefulset_status_replicas_updated',
    },
    'namespace="shop", statefulset="db"',
    updated,
  );
const daemonSet = (updated: string) =>
  replicas(
    {
      desired: 'kube_daemonset_status_desired_number_scheduled',
      there: 'kube_daemonset_status_number_available',
      updated: 'kube_daemonset_status_updated_number_scheduled',
    },
    'namespace="shop", daemonset="agent"',
    updated,
  );
/** A rollout that goes on: another pod every few minutes. */
const goesOn = '0x5 1x5 2x5 3x5 4x5 5x5 6x5 7x5';

const lists = (values: string) => ({
  'kube_state_metrics_list_total{job="kube-state-metrics-telemetry", resource="*v1.Pod", result="error"}': values,
  'kube_state_metrics_list_total{job="kube-state-metrics-telemetry", resource="*v1.Pod", result="success"}': '5x60',
});

export const workloadAlertCases: readonly AlertCase[] = [
  {
    alert: 'KubeStateMetricsDown',
    fires: { 'up{job="kube-state-metrics-telemetry"}': '1x30' },
    silent: { 'up{job="kube-state-metrics"}': '1x30' },
    labels: { job: 'kube-state-metrics', severity: 'critical' },
  },
  {
    alert: 'KubeStateMetricsBlind',
    fires: lists('0+1x60'),
    silent: lists('7x60'),
    labels: { resource: '*v1.Pod', severity: 'critical' },
  },
  {
    // Not anew when kube-state-metrics is replaced.
    alert: 'KubeNodeNotReady',
    fires: toldByTwo('kube_node_status_condition', 'node="n1", condition="Ready", status="true"', '0x24', '_x24 0x10'),
    silent: told('kube_node_status_condition', 'node="n1", condition="Ready", status="true"', '1x60'),
    labels: { node: 'n1', severity: 'critical' },
  },
  {
    alert: 'KubeNodePressure',
    fires: told('kube_node_status_condition', 'node="n1", condition="DiskPressure", status="true"', '1x60'),
    silent: told('kube_node_status_condition', 'node="n1", condition="DiskPressure", status="true"', '0x60'),
    labels: { node: 'n1', condition: 'DiskPressure', severity: 'warning' },
  },
  {
    // It runs for a minute in between.
    alert: 'KubePodCrashLooping',
    fires: told(
      'kube_pod_container_status_waiting_reason',
      `${container}, reason="CrashLoopBackOff"`,
      '1x3 _ 1x3 _ 1x3 _ 1x3 _ 1x3 _ 1x3 _ 1x3 _',
    ),
    silent: told('kube_pod_container_status_waiting_reason', `${container}, reason="ContainerCreating"`, '1x60'),
    labels: ofContainer,
  },
  {
    alert: 'KubeContainerRestarting',
    fires: restarts('0x10 0+1x90'),
    silent: restarts('0x10 1x20 2x20 3x40'),
    labels: ofContainer,
    after: 60,
  },
  {
    alert: 'KubeContainerOutOfMemory',
    fires: { ...restarts('1x25 2x20'), ...killed('OOMKilled') },
    silent: { ...restarts('1x25 2x20'), ...killed('Error') },
    labels: ofContainer,
  },
  {
    alert: 'KubePodNotReady',
    fires: {
      ...told('kube_pod_status_ready', `${pod}, condition="false"`, '1x60'),
      ...told('kube_pod_status_phase', `${pod}, phase="Running"`, '1x60'),
    },
    // A pod that has done its work is not ready either.
    silent: {
      ...told('kube_pod_status_ready', `${pod}, condition="false"`, '1x60'),
      ...told('kube_pod_status_phase', `${pod}, phase="Running"`, '0x60'),
      ...told('kube_pod_status_phase', `${pod}, phase="Succeeded"`, '1x60'),
    },
    labels: ofPod,
  },
  {
    alert: 'KubePodPending',
    fires: told('kube_pod_status_phase', `${pod}, phase="Pending"`, '1x60'),
    silent: told('kube_pod_status_phase', `${pod}, phase="Pending"`, '1x10 0x50'),
    labels: ofPod,
  },
  {
    alert: 'KubeJobFailed',
    fires: told('kube_job_failed', 'namespace="shop", job_name="import", condition="true"', '1x60'),
    silent: told('kube_job_failed', 'namespace="shop", job_name="import", condition="false"', '1x60'),
    labels: { namespace: 'shop', job_name: 'import', severity: 'warning' },
  },
  {
    alert: 'KubeDeploymentReplicasMissing',
    fires: deployment('3x60'),
    silent: deployment(goesOn),
    labels: { namespace: 'shop', deployment: 'cart', severity: 'warning' },
  },
  {
    alert: 'KubeStatefulSetReplicasMissing',
    fires: statefulSet('3x60'),
    silent: statefulSet(goesOn),
    labels: { namespace: 'shop', statefulset: 'db', severity: 'warning' },
  },
  {
    alert: 'KubeDaemonSetReplicasMissing',
    fires: daemonSet('3x60'),
    silent: daemonSet(goesOn),
    labels: { namespace: 'shop', daemonset: 'agent', severity: 'warning' },
  },
  {
    alert: 'KubeHpaAtMaximum',
    fires: autoscaler(5, 2),
    silent: autoscaler(5, 5),
    labels: { namespace: 'shop', horizontalpodautoscaler: 'cart', severity: 'warning' },
  },
  {
    alert: 'KubeQuotaNearlyUsed',
    fires: quota(95),
    silent: quota(85),
    labels: { namespace: 'shop', resourcequota: 'all', resource: 'pods', severity: 'warning' },
  },
  { alert: 'KubeVolumeFilling', fires: volume('380-1x200'), silent: volume('380x200'), labels: ofClaim, after: 120 },
  {
    alert: 'KubeVolumeFull',
    fires: volume('40x60'),
    silent: volume('60x60'),
    labels: { ...ofClaim, severity: 'critical' },
  },
  { alert: 'KubeVolumeInodesLow', fires: inodes(40), silent: inodes(60), labels: ofClaim },
];
