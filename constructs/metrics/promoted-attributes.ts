/** Few values each, and all of them known of most services; a pod's name has as many as `instance`. */
export const standardAttributes: readonly string[] = [
  'service.name',
  'service.namespace',
  'service.version',
  'deployment.environment.name',
  'k8s.cluster.name',
  'k8s.namespace.name',
  'k8s.pod.name',
];
