/** Where objects are in the Kubernetes API. */
export interface KubeObjectPlace {
  readonly group: string;
  readonly namespaced: boolean;
}

const inNamespaces = (group: string): KubeObjectPlace => ({ group, namespaced: true });
const inCluster = (group: string): KubeObjectPlace => ({ group, namespaced: false });

/**
 * Objects that kube-state-metrics may be asked to tell of, by their plural names. Not there are those whose contents are nobody's business
 * (Secrets, ConfigMaps) and those that it could only count (rights, webhooks, leases).
 */
export const kubeObjects = {
  cronjobs: inNamespaces('batch'),
  daemonsets: inNamespaces('apps'),
  deployments: inNamespaces('apps'),
  horizontalpodautoscalers: inNamespaces('autoscaling'),
  ingresses: inNamespaces('networking.k8s.io'),
  jobs: inNamespaces('batch'),
  limitranges: inNamespaces(''),
  namespaces: inCluster(''),
  nodes: inCluster(''),
  persistentvolumeclaims: inNamespaces(''),
  persistentvolumes: inCluster(''),
  poddisruptionbudgets: inNamespaces('policy'),
  pods: inNamespaces(''),
  replicasets: inNamespaces('apps'),
  resourcequotas: inNamespaces(''),
  services: inNamespaces(''),
  statefulsets: inNamespaces('apps'),
  storageclasses: inCluster('storage.k8s.io'),
} as const satisfies Readonly<Record<string, KubeObjectPlace>>;

/** Plural name of objects that {@link kubeObjects} knows. */
export type KubeObjects = keyof typeof kubeObjects;
