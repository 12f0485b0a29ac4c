import { z } from 'zod';
import { isReady } from '../../deploy/pod-trouble';
import { podSchema } from '../../deploy/live';
import { count, VerifyError } from '../../verify/check';
import { error, warning, type DoctorCheck } from '../check';
import { dnsPeersOf } from '../policies';

const daemonSetSchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    template: z.object({
      spec: z.object({ containers: z.array(z.object({ args: z.array(z.string()).default([]) })).default([]) }),
    }),
  }),
});
const nodeSchema = z.object({
  status: z.object({ nodeInfo: z.object({ kubeletVersion: z.string() }).optional() }).prefault({}),
});
const serviceSchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string().default('default') }),
  spec: z.object({ ports: z.array(z.object({ nodePort: z.number().optional() })).default([]) }),
});

/** Of add-ons that make the network: DaemonSets of those that enforce policies, and of those that do not. */
const enforcers: readonly { readonly name: RegExp; readonly title: string }[] = [
  { name: /^calico-node$/, title: 'Calico' },
  { name: /^cilium$/, title: 'Cilium' },
  { name: /^anetd$/, title: 'GKE Dataplane V2' },
  { name: /^canal$|^rke2-canal$/, title: 'Canal' },
  { name: /^antrea-agent$/, title: 'Antrea' },
  { name: /^kube-router$/, title: 'kube-router' },
  { name: /^weave-net$/, title: 'Weave Net' },
  { name: /^ovnkube-node$/, title: 'OVN-Kubernetes' },
  { name: /^azure-npm$/, title: 'Azure NPM' },
  // Since kind 0.24: https://github.com/kubernetes-sigs/kind/issues/842
  { name: /^kindnet$/, title: 'kindnet, which enforces policies since kind 0.24' },
];
const bystanders = /^kube-flannel(-ds)?$/;
/** https://github.com/aws/aws-network-policy-agent#enable-network-policy */
const awsFlag = '--enable-network-policy=true';

export const networkPolicies: DoctorCheck = {
  name: 'network-policies',
  claim: 'the network enforces NetworkPolicies',
  symptom: 'none: everything works, and every pod reaches every other one',
  needsCluster: true,
  async run({ rendered, list, kubectl }) {
    if (rendered.ofKind('NetworkPolicy').length === 0) return { seen: 'no policy is rendered', findings: [] };
    const sets = (await list('/apis/apps/v1/daemonsets')).map((each) => daemonSetSchema.parse(each));
    const found = enforcers.find(({ name }) => sets.some(({ metadata }) => name.test(metadata.name)));
    if (found !== undefined) return { seen: found.title, findings: [] };
    const nodes = (await list('/api/v1/nodes')).map((each) => nodeSchema.parse(each));
    if (nodes.some(({ status }) => status.nodeInfo?.kubeletVersion.includes('+k3s') === true)) {
      return { seen: 'k3s, which has a controller of policies', findings: [] };
    }
    const aws = sets.find(({ metadata }) => metadata.name === 'aws-node');
    if (aws?.spec.template.spec.containers.some(({ args }) => args.includes(awsFlag)) === true) {
      return { seen: 'Amazon VPC CNI with its policy agent', findings: [] };
    }
    const open = aws ?? sets.find(({ metadata }) => bystanders.test(metadata.name));
    if (open === undefined) {
      throw new VerifyError('no known network add-on is there', `${kubectl} get daemonsets -A shows which there is`);
    }
    const { namespace, name } = open.metadata;
    const remedy =
      open === aws
        ? `aws eks update-addon --addon-name vpc-cni --configuration-values '{"enableNetworkPolicy":"true"}' --cluster-name NAME`
        : 'helm install calico tigera-operator --repo https://docs.tigera.io/calico/charts -n tigera-operator --create-namespace, with its guide for flannel';
    const problem = 'does not enforce NetworkPolicies: every pod reaches every other one';
    return { seen: name, findings: [warning(problem, `${namespace}/DaemonSet/${name}`, remedy)] };
  },
};

export const dns: DoctorCheck = {
  name: 'dns',
  claim: 'DNS answers, from pods that policies let others ask',
  symptom: 'every pod says that names are not found, or that looking them up takes too long',
  needsCluster: true,
  async run({ cluster: { api }, rendered, kubectl }) {
    const peers = dnsPeersOf(rendered);
    if (peers.length === 0) return { seen: 'policies name no pods for DNS', findings: [] };
    for (const { namespace, labels } of peers) {
      const pods = (await api.pods(namespace, labels)).map((pod) => podSchema.parse(pod));
      const ready = pods.filter(isReady).length;
      if (ready > 0) return { seen: `${count(ready, 'pod')} ready in ${namespace}`, findings: [] };
    }
    const [first] = peers;
    const namespace = first?.namespace ?? 'kube-system';
    const labels = Object.entries(first?.labels ?? {}).map(([key, value]) => `${key}=${value}`);
    const problem = `no pod that policies let others ask for names is ready (${labels.join(',')})`;
    const remedy = `${kubectl} -n ${namespace} get pods --show-labels; ${kubectl} -n ${namespace} rollout restart deployment coredns; other labels: dns of the environment's network`;
    return { seen: '', findings: [error(problem, namespace, remedy)] };
  },
};

export const nodePorts: DoctorCheck = {
  name: 'node-ports',
  claim: 'ports of nodes that are rendered are free, or ours',
  symptom: 'up says of a Service that "provided port is already allocated"',
  needsCluster: true,
  async run({ rendered, list, kubectl }) {
    const wanted = nodePortsOf(rendered.ofKind('Service'));
    if (wanted.length === 0) return { seen: 'none is rendered', findings: [] };
    const live = nodePortsOf(await list('/api/v1/services'));
    const findings = wanted.flatMap(({ where, port }) =>
      live
        .filter((taken) => taken.port === port && taken.where !== where)
        .map((taken) => {
          const [namespace = '', , name = ''] = taken.where.split('/');
          const remedy = `${kubectl} -n ${namespace} get service ${name}; then remove it, or expose ours on another port`;
          return error(`wants port ${port} of the nodes, which ${taken.where} has`, where, remedy);
        }),
    );
    return { seen: count(wanted.length, 'port'), findings };
  },
};

function nodePortsOf(services: readonly unknown[]): readonly { readonly where: string; readonly port: number }[] {
  return services.flatMap((service) => {
    const { metadata, spec } = serviceSchema.parse(service);
    const where = `${metadata.namespace}/Service/${metadata.name}`;
    return spec.ports.flatMap(({ nodePort }) => (nodePort === undefined ? [] : [{ where, port: nodePort }]));
  });
}
