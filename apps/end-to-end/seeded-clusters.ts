/** What tells a kind of cluster from others, as objects that an API server is given. */
export interface SeededCluster {
  /** Groups of custom resources that are ours to render, by their files in `imports/crds`. */
  readonly definitions: readonly string[];
  /** Definitions of kinds that operators bring and that are never rendered here. */
  readonly theirs?: readonly object[];
  readonly objects: readonly object[];
  readonly nodes: readonly SeededNode[];
}

interface SeededNode {
  readonly name: string;
  readonly status: object;
}

interface NodeOptions {
  readonly name: string;
  readonly address: string;
  readonly kubelet: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: object;
}

/** One node of the control plane and two others, Calico, volumes of two drivers, none of them the default. */
export function kubeadmLike(): SeededCluster {
  const controlPlane = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' };
  const nodes = [11, 12, 13].map((last, index) =>
    node({
      name: `machine-${index}`,
      address: `192.168.10.${last}`,
      kubelet: 'v1.36.3',
      cpu: '8',
      memory: '32Gi',
      spec: { podCIDR: `10.244.${index}.0/24`, ...(index === 0 && { taints: [controlPlane] }) },
    }),
  );
  return {
    definitions: [],
    nodes: nodes.map(({ seeded }) => seeded),
    objects: [
      ...nodes.map(({ object }) => object),
      ...dns('corp.internal'),
      workload('DaemonSet', 'kube-system', 'calico-node', { 'k8s-app': 'calico-node' }),
      apiServer(['192.168.10.11'], 6443),
      storageClass('shared', 'nfs.csi.k8s.io', { allowVolumeExpansion: true }),
      storageClass('fast', 'rbd.csi.ceph.com', {
        allowVolumeExpansion: true,
        volumeBindingMode: 'WaitForFirstConsumer',
      }),
      configMap('kubelet-config', { kubelet: 'kind: KubeletConfiguration\nclusterDomain: corp.internal\n' }),
    ],
  };
}

/** One small node, which is the control plane too; a namespace of ours is there already, with another level. */
export function k3sLike(): SeededCluster {
  const only = node({
    name: 'box',
    address: '10.1.0.5',
    kubelet: 'v1.34.2+k3s1',
    cpu: '2',
    memory: '4Gi',
    labels: { 'node.kubernetes.io/instance-type': 'k3s' },
    spec: { podCIDR: '10.42.0.0/24', providerID: 'k3s://box' },
  });
  return {
    definitions: [],
    nodes: [only.seeded],
    objects: [
      only.object,
      ...dns('cluster.local'),
      apiServer(['10.1.0.5'], 6443),
      storageClass('local-path', 'rancher.io/local-path', { volumeBindingMode: 'WaitForFirstConsumer' }, true),
      namespace('observability-agents', { 'pod-security.kubernetes.io/enforce': 'restricted' }),
    ],
  };
}

/** Nodes in three zones and one of Windows, an API server elsewhere, and what a team has installed: operators, Grafana, a Gateway. */
export function managedLike(): SeededCluster {
  const of = (index: number, os: string) =>
    node({
      name: `ip-10-20-${index}-7`,
      address: `10.20.${index}.7`,
      kubelet: 'v1.36.1-eks-113cf36',
      cpu: '8',
      memory: '32Gi',
      labels: { 'kubernetes.io/os': os, 'topology.kubernetes.io/zone': `eu-central-1${'abc'[index - 1] ?? 'a'}` },
      spec: { providerID: `aws:///eu-central-1a/i-${index}` },
    });
  const nodes = [of(1, 'linux'), of(2, 'linux'), of(3, 'windows')];
  return {
    definitions: ['monitoring.coreos.com', 'keda.sh', 'gateway.networking.k8s.io'],
    theirs: [
      definition('monitoring.coreos.com', 'Prometheus', 'prometheuses'),
      definition('gateway.networking.k8s.io', 'Gateway', 'gateways'),
    ],
    nodes: nodes.map(({ seeded }) => seeded),
    objects: [
      ...nodes.map(({ object }) => object),
      ...dns('cluster.local'),
      workload(
        'DaemonSet',
        'kube-system',
        'node-local-dns',
        { 'k8s-app': 'node-local-dns' },
        { args: ['-localip', '169.254.20.10'] },
      ),
      workload(
        'DaemonSet',
        'kube-system',
        'aws-node',
        { 'k8s-app': 'aws-node' },
        { args: ['--enable-network-policy=false'] },
      ),
      apiServer(['10.20.200.4', '10.20.201.9'], 443),
      storageClass('gp2', 'kubernetes.io/aws-ebs', { volumeBindingMode: 'Immediate' }, true),
      storageClass('gp3', 'ebs.csi.aws.com', { allowVolumeExpansion: true }),
      ...['observing', 'scaling', 'doors'].map((name) => namespace(name)),
      {
        apiVersion: 'monitoring.coreos.com/v1',
        kind: 'Prometheus',
        metadata: { name: 'obs', namespace: 'observing' },
        spec: {
          podMonitorSelector: { matchLabels: { release: 'obs' } },
          podMonitorNamespaceSelector: {},
          ruleSelector: { matchLabels: { release: 'obs' } },
          ruleNamespaceSelector: {},
        },
      },
      workload(
        'Deployment',
        'observing',
        'dashboards',
        { 'app.kubernetes.io/name': 'grafana' },
        {
          env: [
            { name: 'LABEL', value: 'their-dashboard' },
            { name: 'LABEL_VALUE', value: 'yes' },
            { name: 'NAMESPACE', value: 'ALL' },
          ],
        },
      ),
      workload('Deployment', 'scaling', 'keda-operator', { app: 'keda-operator' }),
      {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'Gateway',
        metadata: { name: 'public', namespace: 'doors' },
        spec: { gatewayClassName: 'theirs', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
      },
    ],
  };
}

function node({ name, address, kubelet, cpu = '4', memory = '16Gi', labels = {}, spec = {} }: NodeOptions) {
  const own = { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', ...labels };
  const room = { cpu, memory, pods: '110' };
  const status = {
    addresses: [{ type: 'InternalIP', address }],
    conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
    nodeInfo: { kubeletVersion: kubelet },
    capacity: room,
    allocatable: room,
  };
  return {
    object: { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: own }, spec },
    seeded: { name, status },
  };
}

/** CoreDNS as those who install clusters do. */
function dns(domain: string): readonly object[] {
  const labels = { 'k8s-app': 'kube-dns' };
  const corefile = `.:53 {\n    errors\n    kubernetes ${domain} in-addr.arpa ip6.arpa {\n       pods insecure\n    }\n    forward . /etc/resolv.conf\n}\n`;
  return [
    workload('Deployment', 'kube-system', 'coredns', labels),
    configMap('coredns', { Corefile: corefile }),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kube-dns', namespace: 'kube-system' },
      spec: { selector: labels, ports: [{ name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 }] },
    },
  ];
}

function apiServer(addresses: readonly string[], port: number): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: [{ addresses }],
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  };
}

function storageClass(name: string, provisioner: string, more: object, isDefault = false): object {
  const annotations = { 'storageclass.kubernetes.io/is-default-class': String(isDefault) };
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name, annotations },
    provisioner,
    ...more,
  };
}

function configMap(name: string, data: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'kube-system' }, data };
}

function namespace(name: string, labels: Readonly<Record<string, string>> = {}): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

function workload(
  kind: 'Deployment' | 'DaemonSet',
  at: string,
  name: string,
  labels: Readonly<Record<string, string>>,
  container: object = {},
): object {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: at, labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'main', image: `example.org/${name}:1`, ...container }] },
      },
    },
  };
}

/** With whatever fields: what they mean is their operator's to judge. */
function definition(group: string, kind: string, plural: string): object {
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      // Groups of k8s.io want to be agreed upon; here it is said that this one is not.
      annotations: { 'api-approved.kubernetes.io': 'unapproved, of a test' },
    },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  };
}
