import { z } from 'zod';
import { isReady } from '../../deploy/pod-trouble';
import { podSchema } from '../../deploy/live';
import { count, VerifyError } from '../../verify/check';
import { error, warning, type DoctorCheck } from '../check';
import { awsSetName, networkAddOn, networkSetSchema } from '../network-add-ons';
import { dnsPeersOf } from '../policies';

const nodeSchema = z.object({
  status: z.object({ nodeInfo: z.object({ kubeletVersion: z.string() }).optional() }).prefault({}),
});
const serviceSchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string().default('default') }),
  spec: z.object({ ports: z.array(z.object({ nodePort: z.number().optional() })).default([]) }),
});

export const networkPolicies: DoctorCheck = {
  name: 'network-policies',
  claim: 'the network enforces NetworkPolicies',
  symptom: 'none: everything works, and every pod reaches every other one',
  needsCluster: true,
  async run({ rendered, list, kubectl }) {
    if (rendered.ofKind('NetworkPolicy').length === 0) return { seen: 'no policy is rendered', findings: [] };
    const sets = (await list('/apis/apps/v1/daemonsets')).map((each) => networkSetSchema.parse(each));
    const nodes = (await list('/api/v1/nodes')).map((each) => nodeSchema.parse(each));
    const found = networkAddOn(
      sets,
      nodes.flatMap(({ status }) => status.nodeInfo?.kubeletVersion ?? []),
    );
    if (found === undefined) {
      throw new VerifyError('no known network add-on is there', `${kubectl} get daemonsets -A shows which there is`);
    }
    if (found.enforcesPolicies || found.set === undefined) return { seen: found.title, findings: [] };
    const { namespace, name } = found.set.metadata;
    const remedy =
      name === awsSetName
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
