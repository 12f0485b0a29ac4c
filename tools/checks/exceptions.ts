import type { Exception } from './judge';

/**
 * Everything that kube-score and checkov object to in `dist/` and that stays as it is. `npm run test:real` fails for a finding
 * that is not here, and for an exception whose count is no longer right.
 */
export const exceptions: readonly Exception[] = [
  {
    checker: 'kube-score',
    check: 'container-resources',
    message: 'CPU limit is not set',
    covers: 'all',
    count: { thesis: 15 },
    reason:
      'A limit throttles a container while its node idles, and lag grows. Requests, which every container has, share out a node ' +
      'that is busy. Memory, which cannot be taken back, is limited everywhere.',
  },
  {
    checker: 'checkov',
    check: 'CKV_K8S_11',
    covers: 'all',
    count: { thesis: 15 },
    reason: 'As kube-score’s `container-resources`.',
  },
  {
    checker: 'kube-score',
    check: 'container-image-pull-policy',
    covers: 'all',
    count: { thesis: 18 },
    reason:
      'Tags are those of releases, which are not moved, so that what a node has is what is wanted; with `Always` no pod starts ' +
      'while the registry is away.',
  },
  {
    checker: 'checkov',
    check: 'CKV_K8S_15',
    covers: 'all',
    count: { thesis: 17 },
    reason: 'As kube-score’s `container-image-pull-policy`.',
  },
  {
    checker: 'checkov',
    check: 'CKV_K8S_43',
    covers: 'all',
    count: { thesis: 17 },
    reason:
      'Rendering asks no registry, and a mirror that copied one platform of an image serves it under another digest. Every ' +
      'component takes `image`, a whole reference with a digest, where images are to be pinned to the byte.',
  },
  {
    checker: 'kube-score',
    check: 'container-ephemeral-storage-request-and-limit',
    covers: 'all',
    count: { thesis: 36 },
    reason:
      'Nothing grows without bound on a node: root file systems are read-only (but Redpanda’s, below), every `emptyDir` has a ' +
      'size beyond which its pod is evicted, and the kubelet rotates logs.',
  },
  {
    checker: 'kube-score',
    check: 'container-security-context-readonlyrootfilesystem',
    covers: ['StatefulSet/redpanda'],
    count: { thesis: 1 },
    reason: 'Redpanda does not document that it runs on a read-only root file system, so it is not asked to.',
  },
  {
    checker: 'checkov',
    check: 'CKV_K8S_22',
    covers: ['StatefulSet/redpanda'],
    count: { thesis: 1 },
    reason: 'As kube-score’s `container-security-context-readonlyrootfilesystem`.',
  },
  {
    checker: 'kube-score',
    check: 'container-security-context-user-group-id',
    covers: ['Deployment/grafana', 'StatefulSet/redpanda'],
    count: { thesis: 6 },
    reason:
      'The user (472, 101) is the one that the vendor’s image is made for and that owns files in it. It is not root.',
  },
  {
    checker: 'checkov',
    check: 'CKV_K8S_40',
    covers: ['Deployment/grafana', 'StatefulSet/redpanda'],
    count: { thesis: 2 },
    reason: 'As kube-score’s `container-security-context-user-group-id`.',
  },
  {
    checker: 'kube-score',
    check: 'pod-probes-identical',
    covers: ['Deployment/grafana', 'Deployment/otel-ingestor', 'StatefulSet/otel-aggregator', 'StatefulSet/objects'],
    count: { thesis: 4 },
    reason:
      'The product answers on one path only. Its pod gets no requests after three failures and is restarted after six, so that ' +
      'one that is merely busy is left alone first.',
  },
  {
    checker: 'kube-score',
    check: 'deployment-replicas',
    covers: 'all',
    count: { thesis: 8 },
    reason: 'One node: a second replica would go with the first.',
  },
  {
    checker: 'kube-score',
    check: 'deployment-strategy',
    covers: ['Deployment/grafana', 'Deployment/notification', 'Deployment/root-cause', 'Deployment/training'],
    count: { thesis: 4 },
    reason:
      'It must not run twice, not even while it is replaced: Grafana has a database on its volume, the others would report, ' +
      'notify and train twice.',
  },
  {
    checker: 'kube-score',
    check: 'service-type',
    covers: ['Service/grafana'],
    count: { thesis: 1 },
    reason: 'The door of this environment is a node port; it has neither a Gateway nor a load balancer.',
  },
  {
    checker: 'checkov',
    check: 'CKV_K8S_35',
    covers: [
      'CronJob/objects-expiry',
      'Deployment/anomaly-detection',
      'Deployment/grafana',
      'Deployment/notification',
      'Deployment/root-cause',
      'Deployment/training',
      'Job/objects-buckets',
      'StatefulSet/objects',
      'StatefulSet/tempo',
    ],
    count: { thesis: 9 },
    reason:
      'Clients of S3, the object store, Grafana and our workers read credentials from variables. These refer to Secrets, so no ' +
      'value is in a manifest, and inside of a container whoever reads its variables reads its files.',
  },
  {
    checker: 'checkov',
    check: 'CKV_K8S_38',
    covers: ['Job/credentials'],
    count: { thesis: 1 },
    reason: 'It makes Secrets, by a role that names them. No other pod has a token.',
  },
];
