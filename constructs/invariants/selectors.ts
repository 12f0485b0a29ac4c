import type { V1PodDisruptionBudget } from '@kubernetes/client-node';

import { allPods, matchesLabels, type Cluster, type LabelSelector, type Workload } from './cluster';
import { invariant } from './invariant';
import type { Finding, KubeObject } from './model';

const selectorKeys = ['app.kubernetes.io/instance', 'app.kubernetes.io/name'];

export const selectorsStable = invariant(
  'selectors-stable',
  'Selectors of workloads, Services, disruption budgets and policies use app.kubernetes.io/name and /instance, both and nothing else.',
  'A selector of a workload is immutable; a label that moves with a version would make every upgrade a replacement.',
  (cluster) =>
    selectorsOf(cluster).flatMap(({ object, path, selector }) => {
      const keys = Object.keys(selector.matchLabels ?? {}).sort();
      const plain = (selector.matchExpressions ?? []).length === 0;
      return plain && keys.join() === selectorKeys.join()
        ? []
        : [{ object, path, message: `selects by ${keys.join(', ') || 'nothing'}${plain ? '' : ' and expressions'}` }];
    }),
);

export const selectorsMatchOne = invariant(
  'selectors-match-one',
  'Every selector matches the pods of exactly one workload: a workload its own, Services, budgets and policies one of them.',
  'A selector that matches nothing guards nothing, and one that matches two mixes their traffic or fights over their pods.',
  (cluster) =>
    selectorsOf(cluster).flatMap(({ object, path, selector, owner }): Finding[] => {
      if (owner !== undefined && !matchesLabels(selector, owner.labels)) {
        return [{ object, path, message: 'does not match the labels of its own pods' }];
      }
      const matched = cluster.selected(object.metadata.namespace ?? 'default', selector);
      if (matched.length === 1) return [];
      const names = matched.map((workload) => `${workload.object.kind} ${workload.object.metadata.name}`);
      return [
        { object, path, message: names.length === 0 ? 'matches no workload' : `matches ${names.sort().join(' and ')}` },
      ];
    }),
);

export const budgetsAllowDrain = invariant(
  'budgets-allow-drain',
  'No disruption budget keeps every pod of its workload from being moved.',
  '`kubectl drain` would wait for ever, and with it every node upgrade.',
  (cluster) =>
    cluster.ofKind('PodDisruptionBudget').flatMap((object): Finding[] => {
      const { spec } = object as unknown as V1PodDisruptionBudget;
      const [workload] = cluster.selected(object.metadata.namespace ?? 'default', spec?.selector);
      if (spec === undefined || workload === undefined) return [];
      const { replicas } = workload;
      const available = podCount(spec.minAvailable, replicas);
      if (available !== undefined && available >= replicas) {
        return [{ object, path: 'spec.minAvailable', message: `keeps all of ${replicas} pods` }];
      }
      return podCount(spec.maxUnavailable, replicas) === 0
        ? [{ object, path: 'spec.maxUnavailable', message: 'lets no pod go' }]
        : [];
    }),
);

export const budgetsSet = invariant(
  'budgets-set',
  'Every Deployment and StatefulSet has exactly one disruption budget.',
  'A drain may take all replicas at once; with two budgets it fails.',
  (cluster) =>
    cluster.workloads
      .filter(({ object }) => object.kind === 'Deployment' || object.kind === 'StatefulSet')
      .flatMap(({ object, namespace, labels }) => {
        const count = cluster
          .ofKind('PodDisruptionBudget')
          .filter(
            (budget) =>
              budget.metadata.namespace === namespace &&
              matchesLabels((budget as unknown as V1PodDisruptionBudget).spec?.selector, labels),
          ).length;
        return count === 1 ? [] : [{ object, path: '', message: `has ${count} disruption budgets` }];
      }),
);

/** Pods that a count or a percentage stands for, rounded up as the disruption controller does. */
function podCount(value: number | string | undefined, replicas: number): number | undefined {
  if (value === undefined || typeof value === 'number') return value;
  return Math.ceil((Number.parseFloat(value) / 100) * replicas);
}

interface PlacedSelector {
  readonly object: KubeObject;
  readonly path: string;
  readonly selector: LabelSelector;
  /** The workload whose own selector it is. */
  readonly owner?: Workload;
}

function selectorsOf(cluster: Cluster): readonly PlacedSelector[] {
  const workloads = cluster.workloads.flatMap((owner) =>
    owner.selector === undefined
      ? []
      : [{ object: owner.object, path: 'spec.selector', selector: owner.selector, owner }],
  );
  const services = cluster.services.flatMap(({ object, value }) =>
    value.spec?.selector === undefined
      ? []
      : [{ object, path: 'spec.selector', selector: { matchLabels: value.spec.selector } }],
  );
  const budgets = cluster.ofKind('PodDisruptionBudget').map((object) => ({
    object,
    path: 'spec.selector',
    selector: (object as unknown as V1PodDisruptionBudget).spec?.selector ?? allPods,
  }));
  // A policy for all pods of its namespace is the namespace's default, not a workload's.
  const policies = cluster.policies
    .map(({ object, value }) => ({ object, path: 'spec.podSelector', selector: value.spec?.podSelector ?? allPods }))
    .filter(({ selector }) => Object.keys(selector).length > 0);
  return [...workloads, ...services, ...budgets, ...policies];
}
