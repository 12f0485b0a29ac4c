import { freeOfClaims } from '../core/claim-alert';
import type { Dashboard } from '../core/dashboard';
import {
  dashboard,
  folders,
  labelVariable,
  ownTitle,
  ownUid,
  promql,
  rateRange,
  row,
  stat,
  table,
  timeseries,
  type Row,
} from '../dashboards';

/** What a {@link workloadsDashboard} depends on. */
export interface WorkloadsDashboardOptions {
  /** Scrape job of kube-state-metrics, which is also the name of its component. */
  readonly job: string;
  /** Whether the kubelet is read, too: what containers use, and how full volumes are. */
  readonly kubelet: boolean;
}

/**
 * Workloads of the cluster: what they should be, as kube-state-metrics says, and what they use, as the kubelet does.
 *
 * @see https://github.com/kubernetes/kube-state-metrics/tree/main/docs
 */
export function workloadsDashboard({ job, kubelet }: WorkloadsDashboardOptions): Dashboard {
  const state = `job="${job}", namespace=~"$namespace"`;
  const used = 'namespace=~"$namespace"';
  return dashboard({
    uid: ownUid(job, 'workloads'),
    title: ownTitle('Workloads', 'kube-state-metrics', job),
    folder: folders.infrastructure,
    description: 'Which pods are not as they should be, why they were ended, and what containers ask for and use.',
    variables: [
      labelVariable({ name: 'namespace', title: 'Namespace', series: `kube_pod_status_phase{job="${job}"}` }),
    ],
    rows: [atAGlance(state), controllers(state), pods(state), ...(kubelet ? [usage(state, used), volumes(used)] : [])],
  });
}

/** Containers that wait for something that does not come by itself, by reason. */
function stuck(state: string): string {
  const reasons =
    'CrashLoopBackOff|ImagePullBackOff|ErrImagePull|CreateContainerConfigError|CreateContainerError|InvalidImageName';
  return `kube_pod_container_status_waiting_reason{${state}, reason=~"${reasons}"}`;
}

function atAGlance(state: string): Row {
  const phase = (name: string) => promql(`sum(kube_pod_status_phase{${state}, phase="${name}"})`);
  return row(
    'At a glance',
    stat({ title: 'Running', description: 'Pods that run.', unit: 'short', query: phase('Running') }),
    stat({
      title: 'Pending',
      description: 'Pods that wait for a node, a volume or an image.',
      unit: 'short',
      query: phase('Pending'),
      thresholds: { warn: 1 },
    }),
    stat({
      title: 'Stuck',
      description: 'Containers that end again and again, or whose image or configuration is not to be had.',
      unit: 'short',
      query: promql(`sum(${stuck(state)}) or vector(0)`),
      thresholds: { bad: 1 },
    }),
    stat({
      title: 'Restarts',
      description: 'Of containers, in the last hour.',
      unit: 'short',
      query: promql(`sum(increase(kube_pod_container_status_restarts_total{${state}}[1h]))`),
      thresholds: { warn: 1, bad: 10 },
      decimals: 0,
    }),
  );
}

function controllers(state: string): Row {
  const missing = (kind: string, wanted: string, there: string) =>
    promql(`max by (namespace, ${kind}) (kube_${kind}_${wanted}{${state}} - kube_${kind}_${there}{${state}}) > 0`, {
      legend: `${kind} {{namespace}}/{{${kind}}}`,
    });
  return row(
    'What should be there',
    timeseries({
      title: 'Pods that are missing',
      description: 'By controller: as many as it should have, and has not ready.',
      unit: 'short',
      queries: [
        missing('deployment', 'spec_replicas', 'status_replicas_available'),
        missing('statefulset', 'replicas', 'status_replicas_ready'),
        missing('daemonset', 'status_desired_number_scheduled', 'status_number_ready'),
      ],
    }),
    timeseries({
      title: 'Replicas of autoscalers',
      description: 'As they are, and as they may be at most: at the most, there is no more to have.',
      unit: 'short',
      queries: [
        promql(`kube_horizontalpodautoscaler_status_current_replicas{${state}}`, {
          legend: '{{namespace}}/{{horizontalpodautoscaler}}',
        }),
        promql(`kube_horizontalpodautoscaler_spec_max_replicas{${state}}`, {
          legend: '{{namespace}}/{{horizontalpodautoscaler}} at most',
        }),
      ],
    }),
  );
}

function pods(state: string): Row {
  return row(
    'What goes wrong',
    timeseries({
      title: 'Restarts',
      description: 'Of containers, in an hour.',
      unit: 'short',
      queries: [
        promql(
          `sum by (namespace, pod, container) (increase(kube_pod_container_status_restarts_total{${state}}[1h])) > 0`,
          { legend: '{{namespace}}/{{pod}} {{container}}' },
        ),
      ],
    }),
    timeseries({
      title: 'Stuck containers, by reason',
      description: 'What waits for something that does not come by itself.',
      unit: 'short',
      queries: [promql(`sum by (namespace, reason) (${stuck(state)}) > 0`, { legend: '{{namespace}} {{reason}}' })],
    }),
    table({
      title: 'Why containers ended last',
      description: 'OOMKilled: it reached its limit of memory. Error: it ended by itself, and says in its log why.',
      labels: { namespace: 'Namespace', pod: 'Pod', container: 'Container', reason: 'Reason' },
      values: [
        {
          title: 'Restarts',
          query: promql(
            `sum by (namespace, pod, container, reason) (kube_pod_container_status_last_terminated_reason{${state}} * on (namespace, pod, container) group_left max by (namespace, pod, container) (kube_pod_container_status_restarts_total{${state}}))`,
          ),
          unit: 'short',
        },
      ],
    }),
    timeseries({
      title: 'Jobs that failed',
      description: 'As long as they are there.',
      unit: 'short',
      queries: [
        promql(`sum by (namespace, job_name) (kube_job_status_failed{${state}}) > 0`, {
          legend: '{{namespace}}/{{job_name}}',
        }),
      ],
      width: 24,
      height: 6,
    }),
  );
}

/** Of containers: not of the pod as a whole, nor of what only holds its network. */
const containers = 'container!="", container!="POD"';

function usage(state: string, used: string): Row {
  const each = 'namespace, pod, container';
  const cpu = `sum by (${each}) (rate(container_cpu_usage_seconds_total{${used}, ${containers}}[${rateRange}]))`;
  const memory = `max by (${each}) (container_memory_working_set_bytes{${used}, ${containers}})`;
  const periods = (what: string) =>
    `sum by (${each}) (rate(container_cpu_cfs_${what}periods_total{${used}, ${containers}}[${rateRange}]))`;
  const asked = (resource: string, what: string) =>
    `max by (${each}) (kube_pod_container_resource_${what}{${state}, resource="${resource}"})`;
  return row(
    'What containers use',
    table({
      title: 'Containers',
      description:
        'What each uses, beside what it asks for and may have at most. Without a share it has no such request or limit.',
      labels: { namespace: 'Namespace', pod: 'Pod', container: 'Container' },
      values: [
        { title: 'CPU', query: promql(cpu), unit: 'short' },
        { title: 'Of its request', query: promql(`${cpu} / ${asked('cpu', 'requests')}`), unit: 'percentunit' },
        { title: 'Memory', query: promql(memory), unit: 'bytes' },
        {
          title: 'Of its limit',
          query: promql(`${memory} / ${asked('memory', 'limits')}`),
          unit: 'percentunit',
          thresholds: { warn: 0.8, bad: 0.95 },
        },
      ],
      sortBy: 'Memory',
      height: 12,
    }),
    timeseries({
      title: 'Held back',
      description:
        'Share of the periods in which a container had used up its CPU before they were over, the ten highest.',
      unit: 'percentunit',
      queries: [
        promql(`topk(10, ${periods('throttled_')} / ${periods('')})`, {
          legend: '{{namespace}}/{{pod}} {{container}}',
        }),
      ],
      thresholds: { warn: 0.25 },
    }),
    timeseries({
      title: 'Memory, share of the limit',
      description: 'The ten highest. At 1 the container is ended and started again.',
      unit: 'percentunit',
      queries: [
        promql(`topk(10, ${memory} / ${asked('memory', 'limits')})`, { legend: '{{namespace}}/{{pod}} {{container}}' }),
      ],
      thresholds: { warn: 0.8, bad: 0.95 },
    }),
  );
}

function volumes(used: string): Row {
  return row(
    'Volumes',
    timeseries({
      title: 'Free',
      description: 'Share of each claim that is free. Products that fill theirs have alerts from 0.15 on.',
      unit: 'percentunit',
      max: 1,
      queries: [promql(freeOfClaims(used), { legend: '{{namespace}}/{{persistentvolumeclaim}}' })],
    }),
    table({
      title: 'Claims',
      description:
        'How much is used, and when each is full if it goes on as in the last six hours: without a time, never.',
      labels: { namespace: 'Namespace', persistentvolumeclaim: 'Claim' },
      values: [
        {
          title: 'Free',
          query: promql(`max by (namespace, persistentvolumeclaim) (${freeOfClaims(used)})`),
          unit: 'percentunit',
        },
        {
          title: 'Size',
          query: promql(`max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_capacity_bytes{${used}})`),
          unit: 'bytes',
        },
        {
          title: 'Full in',
          query: promql(
            `max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_available_bytes{${used}} / (-deriv(kubelet_volume_stats_available_bytes{${used}}[6h]) > 0))`,
          ),
          unit: 's',
        },
      ],
      width: 12,
    }),
  );
}
