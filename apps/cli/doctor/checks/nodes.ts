import { z } from 'zod';
import { parseQuantity } from '../../../../constructs/invariants/quantity';
import { podTrouble } from '../../deploy/pod-trouble';
import { count } from '../../verify/check';
import { error, warning, type DoctorCheck, type Finding } from '../check';
import type { DoctorContext } from '../context';
import { renderedPods } from '../pod-specs';

const nodeSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ unschedulable: z.boolean().default(false) }).prefault({}),
  status: z
    .object({
      allocatable: z.record(z.string(), z.string()).default({}),
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() }))
        .default([]),
    })
    .prefault({}),
});
type LiveNode = z.infer<typeof nodeSchema>;

/** Once a node or more, and on every node. */
const perNode = 'DaemonSet';

export const nodes: DoctorCheck = {
  name: 'nodes',
  claim: 'nodes are ready, and have room for all pods that are rendered',
  symptom: 'pods are Pending, or evicted',
  needsCluster: true,
  async run(context) {
    const { kubectl } = context;
    const all = await readNodes(context);
    const findings: Finding[] = [];
    for (const { metadata, spec, status } of all) {
      const where = `Node/${metadata.name}`;
      const ready = status.conditions.find(({ type }) => type === 'Ready');
      const describe = `${kubectl} describe node ${metadata.name}`;
      if (ready?.status !== 'True')
        findings.push(error(`is not ready: ${ready?.message ?? 'its kubelet is silent'}`, where, describe));
      if (spec.unschedulable) {
        findings.push(warning('takes no pods, it is cordoned', where, `${kubectl} uncordon ${metadata.name}`));
      }
      for (const { type, status: is, message } of status.conditions) {
        if (type === 'Ready' || is !== 'True') continue;
        findings.push(error(`${type}: ${message ?? 'no reason given'}`, where, describe));
      }
    }
    if (all.length === 0) findings.push(error('there is none', 'Node', 'kind create cluster, or add a node to yours'));
    findings.push(...(await tooSmall(context, all.filter(isUsable))));
    return { seen: count(all.length, 'node'), findings };
  },
};

/** What is rendered against what nodes have; what else runs on them is not reckoned, as it changes. */
async function tooSmall(context: DoctorContext, usable: readonly LiveNode[]): Promise<readonly Finding[]> {
  const pods = renderedPods(context.rendered);
  const findings: Finding[] = [];
  for (const [resource, unit, divisor] of [
    ['cpu', 'CPUs', 1],
    ['memory', 'GiB of memory', 2 ** 30],
  ] as const) {
    const rooms = usable.map(({ status }) => parseQuantity(status.allocatable[resource] ?? '0'));
    const room = rooms.reduce((sum, each) => sum + each, 0);
    const ofPod = pods.map(({ kind, replicas, spec, workload }) => {
      const wanted = sumOf(spec.containers, resource);
      // Of Jobs that run one after another at the beginning and CronJobs nothing is left over.
      const copies = kind === 'Job' || kind === 'CronJob' ? 0 : kind === perNode ? usable.length : replicas;
      return { workload, wanted, total: wanted * copies };
    });
    const total = ofPod.reduce((sum, each) => sum + each.total, 0);
    const show = (value: number) => (value / divisor).toFixed(1);
    const remedy = growth(context);
    if (total > room) {
      const problem = `pods ask for ${show(total)} ${unit}, nodes have ${show(room)}`;
      findings.push(error(problem, count(usable.length, 'node'), remedy));
      continue;
    }
    const largest = Math.max(0, ...rooms);
    for (const { workload, wanted } of ofPod) {
      if (wanted <= largest) continue;
      findings.push(
        error(`a pod asks for ${show(wanted)} ${unit}, the largest node has ${show(largest)}`, workload, remedy),
      );
    }
  }
  return Promise.resolve(findings);
}

export const scheduling: DoctorCheck = {
  name: 'scheduling',
  claim: 'every pod has a node',
  symptom: 'pods are Pending',
  needsCluster: true,
  async run(context) {
    const { pods } = await context.state();
    const findings = pods.flatMap((pod) => {
      const trouble = podTrouble(pod);
      if (trouble?.kind !== 'unschedulable') return [];
      const { namespace, name } = pod.metadata;
      const isSize = /Insufficient/.test(trouble.text);
      const remedy = isSize ? growth(context) : `${context.kubectl} -n ${namespace} describe pod ${name}`;
      return [error(`no node takes it: ${trouble.text}`, `${namespace}/Pod/${name}`, remedy)];
    });
    return { seen: count(pods.length, 'pod'), findings };
  },
};

async function readNodes({ list }: DoctorContext): Promise<readonly LiveNode[]> {
  return (await list('/api/v1/nodes')).map((node) => nodeSchema.parse(node));
}

function isUsable({ spec, status }: LiveNode): boolean {
  return !spec.unschedulable && status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True');
}

function sumOf(
  containers: readonly { readonly resources: { readonly requests: Readonly<Record<string, string | number>> } }[],
  resource: string,
): number {
  return containers.reduce((sum, { resources }) => sum + parseQuantity(String(resources.requests[resource] ?? '0')), 0);
}

function growth({ cluster: { context }, kubectl }: DoctorContext): string {
  if (context === 'minikube') return 'minikube delete; minikube start --cpus 4 --memory 8g';
  if (/^(kind|k3d)-|^(docker|rancher)-desktop$/.test(context)) {
    return 'give the machine of Docker more CPUs and memory (its settings, Resources), or add a node';
  }
  return `${kubectl} top nodes; ${kubectl} describe nodes; add a node or a larger one`;
}
