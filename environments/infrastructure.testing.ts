/* What a team has in a cluster, with statuses that controllers and kubelets would write: there are none beside an API server alone. */

import type { KubeObject } from '../constructs/invariants';
import { containerOf } from '../constructs/testing';
import type { ApiServerPeer } from '../tools/peers';

const metadata = (name: string) => ({ name, namespace: 'shop' });
const selector = { matchLabels: { app: 'cart' } };
const securityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};
const spec = {
  serviceAccountName: 'default',
  containers: [{ name: 'cart', image: 'example.org/cart:1.0.0', securityContext }],
};
const template = { metadata: { labels: selector.matchLabels }, spec };
const apps = { apiVersion: 'apps/v1', metadata: metadata('cart') };

const objectsOfATeam: readonly object[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata('default') },
  { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } },
  { ...apps, kind: 'Deployment', spec: { replicas: 3, selector, template } },
  { ...apps, kind: 'StatefulSet', spec: { replicas: 3, serviceName: 'cart', selector, template } },
  { ...apps, kind: 'DaemonSet', spec: { selector, template } },
  {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadata('import'),
    spec: { template: { spec: { ...spec, restartPolicy: 'Never' } } },
  },
  {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: metadata('cart'),
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart' },
      minReplicas: 2,
      maxReplicas: 5,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
      ],
    },
  },
  { apiVersion: 'v1', kind: 'Pod', metadata: metadata('cart-1'), spec },
  { apiVersion: 'v1', kind: 'ResourceQuota', metadata: metadata('all'), spec: { hard: { pods: '10' } } },
];

const past = '2026-01-01T00:00:00Z';
const condition = (type: string, status = 'True') => ({
  type,
  status,
  reason: 'BackoffLimitExceeded',
  message: 'said by nobody',
  lastTransitionTime: past,
});

const statusesOfATeam: readonly { readonly kind: string; readonly name: string; readonly status: object }[] = [
  { kind: 'node', name: 'node-1', status: { conditions: [condition('Ready')] } },
  {
    kind: 'deployment',
    name: 'cart',
    status: { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 },
  },
  { kind: 'statefulset', name: 'cart', status: { replicas: 2, updatedReplicas: 2, readyReplicas: 2 } },
  {
    kind: 'daemonset',
    name: 'cart',
    status: {
      currentNumberScheduled: 1,
      desiredNumberScheduled: 1,
      numberAvailable: 1,
      numberMisscheduled: 0,
      numberReady: 1,
      updatedNumberScheduled: 1,
    },
  },
  {
    kind: 'job',
    name: 'import',
    status: { startTime: past, failed: 1, conditions: [condition('FailureTarget'), condition('Failed')] },
  },
  { kind: 'hpa', name: 'cart', status: { currentReplicas: 2, desiredReplicas: 5 } },
  { kind: 'resourcequota', name: 'all', status: { hard: { pods: '10' }, used: { pods: '9' } } },
  {
    kind: 'pod',
    name: 'cart-1',
    status: {
      phase: 'Running',
      conditions: [condition('Ready', 'False')],
      containerStatuses: [
        {
          name: 'cart',
          image: 'example.org/cart:1.0.0',
          imageID: '',
          ready: false,
          restartCount: 3,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', startedAt: past, finishedAt: past } },
        },
      ],
    },
  },
];

/** Makes these objects. */
export async function applyAll(api: ApiServerPeer, items: readonly object[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await api.kubectl(['apply', '--server-side', '--warnings-as-errors', '-f', '-'], list);
}

/** Makes what a team has, with the statuses. */
export async function applyTeam(api: ApiServerPeer): Promise<void> {
  await applyAll(api, objectsOfATeam);
  for (const { kind, name, status } of statusesOfATeam) {
    const of = kind === 'node' ? [] : ['--namespace=shop'];
    const patch = JSON.stringify({ status });
    await api.kubectl(['patch', kind, name, ...of, '--subresource=status', '--type=merge', '-p', patch]);
  }
}

/** Arguments of node_exporter as they are rendered, for this machine instead of one that is mounted. */
export function nodeExporterArgs(objects: readonly KubeObject[]): readonly string[] {
  return (containerOf(objects, 'DaemonSet', 'node-exporter').args ?? [])
    .filter((arg) => !arg.startsWith('--web.listen-address='))
    .map((arg) => (arg.startsWith('--path.') ? arg.replace(/\/host\/root\/?/, '/') : arg));
}
