import { JsonPatch } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { exceptionAnnotations, validReason } from './security-profile';
import type { Workload } from './workload';

const apiGroup = 'rbac.authorization.k8s.io';

/** Rights of a workload's account in one namespace: a Role and its binding. */
export function grantInNamespace(workload: Workload, namespace: string, rules: readonly k8s.PolicyRule[]): void {
  const id = `rights-${namespace}`;
  const metadata = { name: workload.name, namespace, labels: { ...workload.labels } };
  new k8s.KubeRole(workload, id, { metadata, rules: [...rules] });
  new k8s.KubeRoleBinding(workload, `${id}-binding`, {
    metadata,
    roleRef: { apiGroup, kind: 'Role', name: workload.name },
    subjects: [subject(workload)],
  });
}

/**
 * Rights of a workload's account in the whole cluster: a ClusterRole and its binding, both with the reason.
 *
 * @throws {InvalidPropError} if the reason is none
 */
export function grantInCluster(workload: Workload, rules: readonly k8s.PolicyRule[], reason: string): void {
  const name = `${workload.namespace}-${workload.name}`;
  const annotations = { [exceptionAnnotations.reason]: validReason(`${workload.node.path}.reason`, reason) };
  const metadata = { name, labels: { ...workload.labels }, annotations };
  const role = new k8s.KubeClusterRole(workload, 'cluster-rights', { metadata, rules: [...rules] });
  const binding = new k8s.KubeClusterRoleBinding(workload, 'cluster-rights-binding', {
    metadata,
    roleRef: { apiGroup, kind: 'ClusterRole', name },
    subjects: [subject(workload)],
  });
  // The chart's namespace is for everything else in it.
  for (const object of [role, binding]) object.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
}

function subject({ name, namespace }: Workload): k8s.Subject {
  return { kind: 'ServiceAccount', name, namespace };
}
