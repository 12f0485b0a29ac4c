const labelOperators = ['In', 'NotIn', 'Exists', 'DoesNotExist'];
const nodeOperators = [...labelOperators, 'Gt', 'Lt'];
const pullPolicies = ['Always', 'IfNotPresent', 'Never'];
const transportProtocols = ['TCP', 'UDP', 'SCTP'];
const accessModes = ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'];
const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const claimRetention = ['Retain', 'Delete'];

/**
 * Values of the API's enumerations, by type and field. The OpenAPI document that clients are made from leaves them out;
 * these are the constants of `k8s.io/api` at 1.28.
 */
export const enumerations: Readonly<Record<string, readonly string[]>> = {
  'io.k8s.api.apps.v1.DeploymentStrategy#type': ['Recreate', 'RollingUpdate'],
  'io.k8s.api.apps.v1.DaemonSetUpdateStrategy#type': ['RollingUpdate', 'OnDelete'],
  'io.k8s.api.apps.v1.StatefulSetSpec#podManagementPolicy': ['OrderedReady', 'Parallel'],
  'io.k8s.api.apps.v1.StatefulSetUpdateStrategy#type': ['RollingUpdate', 'OnDelete'],
  'io.k8s.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy#whenDeleted': claimRetention,
  'io.k8s.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy#whenScaled': claimRetention,
  'io.k8s.api.autoscaling.v2.HPAScalingPolicy#type': ['Pods', 'Percent'],
  'io.k8s.api.autoscaling.v2.HPAScalingRules#selectPolicy': ['Max', 'Min', 'Disabled'],
  'io.k8s.api.autoscaling.v2.MetricSpec#type': ['Resource', 'ContainerResource', 'Pods', 'Object', 'External'],
  'io.k8s.api.autoscaling.v2.MetricTarget#type': ['Utilization', 'Value', 'AverageValue'],
  'io.k8s.api.batch.v1.CronJobSpec#concurrencyPolicy': ['Allow', 'Forbid', 'Replace'],
  'io.k8s.api.batch.v1.JobSpec#completionMode': ['NonIndexed', 'Indexed'],
  'io.k8s.api.batch.v1.JobSpec#podReplacementPolicy': ['TerminatingOrFailed', 'Failed'],
  'io.k8s.api.batch.v1.PodFailurePolicyRule#action': ['FailJob', 'FailIndex', 'Ignore', 'Count'],
  'io.k8s.api.core.v1.Container#imagePullPolicy': pullPolicies,
  'io.k8s.api.core.v1.Container#restartPolicy': ['Always'],
  'io.k8s.api.core.v1.Container#terminationMessagePolicy': ['File', 'FallbackToLogsOnError'],
  'io.k8s.api.core.v1.ContainerPort#protocol': transportProtocols,
  'io.k8s.api.core.v1.EphemeralContainer#imagePullPolicy': pullPolicies,
  'io.k8s.api.core.v1.HTTPGetAction#scheme': ['HTTP', 'HTTPS'],
  'io.k8s.api.core.v1.HostPathVolumeSource#type': [
    '',
    'DirectoryOrCreate',
    'Directory',
    'FileOrCreate',
    'File',
    'Socket',
    'CharDevice',
    'BlockDevice',
  ],
  'io.k8s.api.core.v1.NodeSelectorRequirement#operator': nodeOperators,
  'io.k8s.api.core.v1.PersistentVolumeClaimSpec#accessModes': accessModes,
  'io.k8s.api.core.v1.PersistentVolumeClaimSpec#volumeMode': ['Block', 'Filesystem'],
  'io.k8s.api.core.v1.PersistentVolumeSpec#accessModes': accessModes,
  'io.k8s.api.core.v1.PersistentVolumeSpec#persistentVolumeReclaimPolicy': ['Recycle', 'Delete', 'Retain'],
  'io.k8s.api.core.v1.PodSecurityContext#fsGroupChangePolicy': ['OnRootMismatch', 'Always'],
  'io.k8s.api.core.v1.PodSpec#dnsPolicy': ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'],
  'io.k8s.api.core.v1.PodSpec#preemptionPolicy': ['PreemptLowerPriority', 'Never'],
  'io.k8s.api.core.v1.PodSpec#restartPolicy': ['Always', 'OnFailure', 'Never'],
  'io.k8s.api.core.v1.SeccompProfile#type': ['Unconfined', 'RuntimeDefault', 'Localhost'],
  'io.k8s.api.core.v1.SecurityContext#procMount': ['Default', 'Unmasked'],
  'io.k8s.api.core.v1.ServicePort#protocol': transportProtocols,
  'io.k8s.api.core.v1.ServiceSpec#externalTrafficPolicy': ['Cluster', 'Local'],
  'io.k8s.api.core.v1.ServiceSpec#internalTrafficPolicy': ['Cluster', 'Local'],
  'io.k8s.api.core.v1.ServiceSpec#ipFamilies': ['IPv4', 'IPv6'],
  'io.k8s.api.core.v1.ServiceSpec#ipFamilyPolicy': ['SingleStack', 'PreferDualStack', 'RequireDualStack'],
  'io.k8s.api.core.v1.ServiceSpec#sessionAffinity': ['ClientIP', 'None'],
  'io.k8s.api.core.v1.ServiceSpec#type': ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'],
  'io.k8s.api.core.v1.Taint#effect': taintEffects,
  'io.k8s.api.core.v1.Toleration#effect': taintEffects,
  'io.k8s.api.core.v1.Toleration#operator': ['Exists', 'Equal'],
  'io.k8s.api.core.v1.TopologySpreadConstraint#nodeAffinityPolicy': ['Ignore', 'Honor'],
  'io.k8s.api.core.v1.TopologySpreadConstraint#nodeTaintsPolicy': ['Ignore', 'Honor'],
  'io.k8s.api.core.v1.TopologySpreadConstraint#whenUnsatisfiable': ['DoNotSchedule', 'ScheduleAnyway'],
  'io.k8s.api.core.v1.VolumeMount#mountPropagation': ['None', 'HostToContainer', 'Bidirectional'],
  'io.k8s.api.networking.v1.HTTPIngressPath#pathType': ['Exact', 'Prefix', 'ImplementationSpecific'],
  'io.k8s.api.networking.v1.NetworkPolicyPort#protocol': transportProtocols,
  'io.k8s.api.networking.v1.NetworkPolicySpec#policyTypes': ['Ingress', 'Egress'],
  'io.k8s.api.policy.v1.PodDisruptionBudgetSpec#unhealthyPodEvictionPolicy': ['IfHealthyBudget', 'AlwaysAllow'],
  'io.k8s.api.rbac.v1.RoleRef#kind': ['Role', 'ClusterRole'],
  'io.k8s.api.rbac.v1.Subject#kind': ['User', 'Group', 'ServiceAccount'],
  'io.k8s.api.scheduling.v1.PriorityClass#preemptionPolicy': ['PreemptLowerPriority', 'Never'],
  'io.k8s.api.storage.v1.StorageClass#reclaimPolicy': ['Retain', 'Delete'],
  'io.k8s.api.storage.v1.StorageClass#volumeBindingMode': ['Immediate', 'WaitForFirstConsumer'],
  'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement#operator': labelOperators,
};

/** Types of which at most, or exactly, one of some fields is set; the API server refuses anything else. */
export const alternatives: Readonly<Record<string, { readonly fields: readonly string[]; readonly least: 0 | 1 }>> = {
  'io.k8s.api.core.v1.EnvVar': { fields: ['value', 'valueFrom'], least: 0 },
  'io.k8s.api.core.v1.EnvVarSource': {
    fields: ['configMapKeyRef', 'fieldRef', 'resourceFieldRef', 'secretKeyRef'],
    least: 1,
  },
  'io.k8s.api.core.v1.EnvFromSource': { fields: ['configMapRef', 'secretRef'], least: 1 },
  'io.k8s.api.core.v1.Probe': { fields: ['exec', 'grpc', 'httpGet', 'tcpSocket'], least: 1 },
  'io.k8s.api.core.v1.LifecycleHandler': { fields: ['exec', 'httpGet', 'tcpSocket'], least: 1 },
  'io.k8s.api.policy.v1.PodDisruptionBudgetSpec': { fields: ['minAvailable', 'maxUnavailable'], least: 0 },
  'io.k8s.api.networking.v1.IngressBackend': { fields: ['resource', 'service'], least: 1 },
};

/** Types whose every field but these is one of several alternatives, of which exactly one is set. */
export const choices: Readonly<Record<string, readonly string[]>> = {
  'io.k8s.api.core.v1.Volume': ['name'],
  'io.k8s.api.core.v1.VolumeProjection': [],
};
