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
    count: { thesis: 15, minimal: 32, addon: 14, enterprise: 32, production: 50 },
    reason:
      'A limit throttles a container while its node idles, and lag grows. Requests, which every container has, share out a node ' +
      'that is busy. Memory, which cannot be taken back, is limited everywhere.',
  },
  {
    checker: 'checkov',
    check: 'CKV_K8S_11',
    covers: 'all',
    count: { thesis: 15, minimal: 32, addon: 14, enterprise: 31, production: 46 },
    reason: 'As kube-score’s `container-resources`.',
  },
  {
    checker: 'kube-score',
    check: 'container-image-pull-policy',
    covers: 'all',
    count: { thesis: 18, minimal: 33, addon: 15, enterprise: 33, production: 50 },
    reason:
      'Tags are those of releases, which are not moved, so that what a node has is what is wanted; with `Always` no pod starts ' +
      'while the registry is away.',
  },
  {
    checker: 'checkov',
    check: 'CKV_K8S_15',
    covers: 'all',
    count: { thesis: 17, minimal: 32, addon: 14, enterprise: 31, production: 46 },
    reason: 'As kube-score’s `container-image-pull-policy`.',
  },
  {
    checker: 'checkov',
    check: 'CKV_K8S_43',
    covers: 'all',
    count: { thesis: 17, minimal: 32, addon: 14, enterprise: 31, production: 46 },
    reason:
      'Rendering asks no registry, and a mirror that copied one platform of an image serves it under another digest. Every ' +
      'component takes `image`, a whole reference with a digest, where images are to be pinned to the byte.',
  },
  {
    checker: 'kube-score',
    check: 'container-ephemeral-storage-request-and-limit',
    covers: 'all',
    count: { thesis: 36, minimal: 66, addon: 30, enterprise: 66, production: 100 },
    reason:
      'Nothing grows without bound on a node: root file systems are read-only (but Redpanda’s, below), every `emptyDir` has a ' +
      'size beyond which its pod is evicted, and the kubelet rotates logs.',
  },
  {
    checker: 'kube-score',
    check: 'container-security-context-readonlyrootfilesystem',
    covers: ['StatefulSet/redpanda'],
    count: { thesis: 1, minimal: 1, addon: 1, enterprise: 1, production: 1 },
    reason: 'Redpanda does not document that it runs on a read-only root file system, so it is not asked to.',
  },
  {
    checker: 'checkov',
    check: 'CKV_K8S_22',
    covers: ['StatefulSet/redpanda'],
    count: { thesis: 1, minimal: 1, addon: 1, enterprise: 1, production: 1 },
    reason: 'As kube-score’s `container-security-context-readonlyrootfilesystem`.',
  },
  {
    checker: 'kube-score',
    check: 'container-security-context-user-group-id',
    covers: [
      'DaemonSet/log-agent',
      'Deployment/grafana',
      'Deployment/mlflow',
      'Job/mlflow-users',
      'StatefulSet/postgres',
      'StatefulSet/redpanda',
      'StatefulSet/smokeping',
    ],
    count: { thesis: 6, minimal: 8, addon: 4, enterprise: 14, production: 14 },
    reason:
      'The user (472, 1001, 999, 101, 911) is the one that the vendor’s image is made for and that owns files in it. It is not root, but for the log agent’s: files of pods are readable to root alone. It has no capability, and its namespace is for agents.',
  },
  {
    checker: 'checkov',
    check: 'CKV_K8S_40',
    covers: [
      'DaemonSet/log-agent',
      'Deployment/grafana',
      'Deployment/mlflow',
      'Job/mlflow-users',
      'StatefulSet/postgres',
      'StatefulSet/redpanda',
      'StatefulSet/smokeping',
    ],
    count: { thesis: 2, minimal: 3, addon: 1, enterprise: 5, production: 6 },
    reason: 'As kube-score’s `container-security-context-user-group-id`.',
  },
  {
    checker: 'kube-score',
    check: 'pod-probes-identical',
    covers: [
      'DaemonSet/node-exporter',
      'Deployment/airflow-dag-processor',
      'Deployment/blackbox-exporter',
      'Deployment/grafana',
      'Deployment/mlflow',
      'Deployment/mongodb-exporter',
      'Deployment/otel-ingestor',
      'Deployment/postgres-exporter',
      'Deployment/redis-exporter',
      'Deployment/smokeping-prober',
      'StatefulSet/airflow-scheduler',
      'StatefulSet/memcached',
      'StatefulSet/objects',
      'StatefulSet/otel-aggregator',
      'StatefulSet/postgres',
      'StatefulSet/smokeping',
      'StatefulSet/vector',
    ],
    count: { thesis: 4, minimal: 5, addon: 3, enterprise: 11, production: 11 },
    reason:
      'The product answers on one path only, or by one command. Its pod gets no requests after three failures and is restarted after six, so that ' +
      'one that is merely busy is left alone first.',
  },
  {
    checker: 'kube-score',
    check: 'deployment-replicas',
    covers: 'all',
    count: { thesis: 8, minimal: 15, addon: 7, enterprise: 13, production: 11 },
    reason:
      'What has a second replica in no environment keeps one state, or is caught up with by what waits on the broker after the minute that a pod takes to come back elsewhere; on the one node of `thesis` a second would go with the first. Of what a ScaledObject scales there are never fewer than it says.',
  },
  {
    checker: 'kube-score',
    check: 'deployment-strategy',
    covers: ['Deployment/grafana', 'Deployment/notification', 'Deployment/root-cause', 'Deployment/training'],
    count: { thesis: 4, minimal: 3, addon: 3, enterprise: 3, production: 3 },
    reason:
      'It must not run twice, not even while it is replaced: Grafana has a database on its volume, the others would report, ' +
      'notify and train twice.',
  },
  {
    checker: 'kube-score',
    check: 'service-type',
    covers: [
      'Service/alertmanager',
      'Service/grafana',
      'Service/loki',
      'Service/network-paths',
      'Service/prometheus',
      'Service/smokeping',
      'Service/tempo-door',
    ],
    count: { thesis: 1, enterprise: 7 },
    reason: 'Doors of these environments are node ports: they have neither a Gateway nor a load balancer.',
  },
  {
    checker: 'checkov',
    check: 'CKV_K8S_35',
    covers: [
      'CronJob/backup-buckets',
      'CronJob/backup-databases',
      'CronJob/backup-topics',
      'CronJob/backup-verification',
      'CronJob/incident-archive',
      'CronJob/objects-expiry',
      'Deployment/airflow-api-server',
      'Deployment/airflow-dag-processor',
      'Deployment/anomaly-detection',
      'Deployment/console',
      'Deployment/grafana',
      'Deployment/mlflow',
      'Deployment/mongodb-exporter',
      'Deployment/notification',
      'Deployment/preprocessing',
      'Deployment/redis-exporter',
      'Deployment/root-cause',
      'Deployment/training',
      'Job/airflow-setup',
      'Job/mlflow-users',
      'Job/objects-buckets',
      'Job/postgres-databases',
      'Job/redpanda-topics',
      'PodTemplate/airflow-training',
      'StatefulSet/airflow-scheduler',
      'StatefulSet/loki',
      'StatefulSet/objects',
      'StatefulSet/otel-aggregator',
      'StatefulSet/redpanda',
      'StatefulSet/tempo',
    ],
    count: { thesis: 9, minimal: 11, addon: 7, enterprise: 13, production: 23 },
    reason:
      'Clients of S3, of PostgreSQL and of a broker with users, the object store, Grafana, Airflow, MLflow and our workers read credentials from variables. These refer to Secrets, so no ' +
      'value is in a manifest, and inside of a container whoever reads its variables reads its files.',
  },
  {
    checker: 'checkov',
    check: 'CKV_K8S_38',
    covers: [
      'CronJob/certificate-restarts-alerting',
      'CronJob/certificate-restarts-logging',
      'CronJob/certificate-restarts-ml',
      'CronJob/certificate-restarts-ml-training',
      'CronJob/certificate-restarts-monitoring',
      'CronJob/certificate-restarts-streaming',
      'CronJob/certificate-restarts-tracing',
      'DaemonSet/log-agent',
      'Deployment/kube-state-metrics',
      'Job/credentials',
      'StatefulSet/airflow-scheduler',
      'StatefulSet/prometheus',
    ],
    count: { thesis: 1, minimal: 3, addon: 1, enterprise: 4, production: 12 },
    reason:
      'These ask the Kubernetes API: one makes Secrets, by a role that names them, one makes pods that train, in a namespace of their own, those for certificates evict pods of their namespace, the others list and watch what they tell of or read. No other pod has a token.',
  },
  {
    checker: 'kube-score',
    check: 'deployment-has-host-podantiaffinity',
    covers: [
      'Deployment/anomaly-detection',
      'Deployment/grafana',
      'Deployment/otel-ingestor',
      'Deployment/preprocessing',
    ],
    count: { minimal: 2, enterprise: 2, production: 4 },
    reason:
      'Replicas are spread over nodes by `topologySpreadConstraints`, which leave a pod where it is wanted when there are fewer nodes than replicas.',
  },
  {
    checker: 'kube-score',
    check: 'statefulset-has-host-podantiaffinity',
    covers: [
      'StatefulSet/alertmanager',
      'StatefulSet/loki',
      'StatefulSet/memcached',
      'StatefulSet/mimir',
      'StatefulSet/otel-aggregator',
      'StatefulSet/prometheus',
      'StatefulSet/tempo',
      'StatefulSet/vector',
    ],
    count: { minimal: 1, enterprise: 1, production: 8 },
    reason: 'As `deployment-has-host-podantiaffinity`.',
  },
  {
    checker: 'kube-score',
    check: 'networkpolicy-targets-pod',
    covers: ['NetworkPolicy/airflow-training'],
    count: { production: 1 },
    reason:
      'Airflow makes the pods that it is for, from the PodTemplate of the same name, when there is something to learn.',
  },
  {
    checker: 'checkov',
    check: 'CKV_K8S_8',
    covers: ['PodTemplate/airflow-training'],
    count: { production: 1 },
    reason:
      'A pod that trains runs to its end and is asked nothing: Airflow sees how it ends, and ends it when it takes too long.',
  },
  {
    checker: 'checkov',
    check: 'CKV_K8S_9',
    covers: ['PodTemplate/airflow-training'],
    count: { production: 1 },
    reason: 'As checkov’s `CKV_K8S_8`.',
  },
  {
    checker: 'checkov',
    check: 'CKV_K8S_23',
    covers: ['DaemonSet/log-agent'],
    count: { enterprise: 1, production: 1 },
    reason:
      'Files in `/var/log/pods` are readable to root alone. It has no capability and writes only how far it has read.',
  },
];
