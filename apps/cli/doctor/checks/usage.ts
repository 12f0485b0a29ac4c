import { z } from 'zod';
import { parseQuantity } from '../../../../constructs/invariants/quantity';
import { namespacesOf } from '../../deploy/state';
import { count, VerifyError } from '../../verify/check';
import { reasonOf, type ClusterApi } from '../../verify/cluster/api';
import { warning, type DoctorCheck, type Finding } from '../check';
import type { DoctorContext } from '../context';

const amounts = z.record(z.string(), z.string()).default({});
const metricsPath = '/apis/metrics.k8s.io/v1beta1';
const podMetrics = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  containers: z.array(z.object({ name: z.string(), usage: amounts })).default([]),
});
const nodeMetrics = z.object({ metadata: z.object({ name: z.string() }), usage: amounts });
const nodeSchema = z.object({
  metadata: z.object({ name: z.string() }),
  status: z.object({ allocatable: amounts }).prefault({}),
});
const podSchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    containers: z.array(z.object({ name: z.string(), resources: z.object({ limits: amounts }).prefault({}) })),
  }),
});

/** Shares of a limit, and of what a node has for pods, beyond which the next request or the next pod is one too many. */
const mostOfMemory = 0.9;
const mostOfCpu = 0.95;
const mostOfNode = 0.9;

export const usage: DoctorCheck = {
  name: 'usage',
  claim: 'no container was killed for memory, or is near its limits; no node is full',
  symptom: 'kubectl top shows a pod at its limit; containers restart with OOMKilled; everything is slow',
  needsCluster: true,
  async run(context) {
    const { cluster, rendered, state } = context;
    const findings: Finding[] = [];
    const { pods } = await state();
    for (const { metadata, status } of pods) {
      for (const { name, lastState } of status.containerStatuses) {
        if (lastState.terminated?.reason !== 'OOMKilled') continue;
        const where = `${metadata.namespace}/Pod/${metadata.name}`;
        findings.push(warning(`${name} was killed for memory`, where, moreOf(context, metadata, 'memory')));
      }
    }
    const measured = await metrics(cluster.api, `${metricsPath}/nodes`, nodeMetrics);
    if (measured === undefined) {
      const seen = `${count(pods.length, 'pod')} for kills alone: there is no metrics API, and kubectl top fails`;
      return { seen, findings };
    }
    const namespaces = namespacesOf(rendered);
    for (const namespace of namespaces) findings.push(...(await nearLimits(context, namespace)));
    const nodes = (await context.list('/api/v1/nodes')).map((node) => nodeSchema.parse(node));
    for (const { metadata, usage: used } of measured) {
      const { allocatable = {} } = nodes.find((node) => node.metadata.name === metadata.name)?.status ?? {};
      for (const resource of ['cpu', 'memory'] as const) {
        const share = shareOf(used[resource], allocatable[resource]);
        if (share < mostOfNode) continue;
        const remedy = `${context.kubectl} top pods -A --sort-by=${resource}; add a node or a larger one`;
        findings.push(
          warning(`${Math.round(share * 100)} % of its ${resource} is used`, `Node/${metadata.name}`, remedy),
        );
      }
    }
    return { seen: `${count(pods.length, 'pod')}, ${count(measured.length, 'node')}`, findings };
  },
};

async function nearLimits(context: DoctorContext, namespace: string): Promise<readonly Finding[]> {
  const measured =
    (await metrics(context.cluster.api, `${metricsPath}/namespaces/${namespace}/pods`, podMetrics)) ?? [];
  const pods = (await context.list(`/api/v1/namespaces/${namespace}/pods`)).map((pod) => podSchema.parse(pod));
  return measured.flatMap(({ metadata, containers }) => {
    const live = pods.find((pod) => pod.metadata.name === metadata.name);
    return containers.flatMap(({ name, usage: used }) => {
      const limits = live?.spec.containers.find((container) => container.name === name)?.resources.limits ?? {};
      return (
        [
          ['memory', mostOfMemory],
          ['cpu', mostOfCpu],
        ] as const
      ).flatMap(([resource, most]) => {
        const share = shareOf(used[resource], limits[resource]);
        if (share < most) return [];
        const problem = `${name} uses ${Math.round(share * 100)} % of its limit of ${resource}, ${limits[resource] ?? ''}`;
        return [warning(problem, `${namespace}/Pod/${metadata.name}`, moreOf(context, metadata, resource))];
      });
    });
  });
}

/** @returns `undefined` where there is no such API */
async function metrics<T>(api: ClusterApi, path: string, schema: z.ZodType<T>): Promise<readonly T[] | undefined> {
  const { status, text } = await api.send({ method: 'GET', path });
  // 503: it is registered, and nobody answers for it.
  if (status === 404 || status === 503) return undefined;
  if (status !== 200) {
    throw new VerifyError(
      `the API server answers ${status}: ${reasonOf(text)}`,
      'use a context whose user may run kubectl top',
    );
  }
  return z
    .object({ items: z.array(z.unknown()) })
    .parse(JSON.parse(text))
    .items.map((item) => schema.parse(item));
}

function shareOf(used: string | undefined, of: string | undefined): number {
  return used === undefined || of === undefined || parseQuantity(of) === 0
    ? 0
    : parseQuantity(used) / parseQuantity(of);
}

function moreOf(
  { kubectl }: DoctorContext,
  at: { readonly namespace: string; readonly name: string },
  resource: 'cpu' | 'memory',
) {
  const field = resource === 'cpu' ? 'cpuLimit' : 'memoryLimit';
  return `${kubectl} -n ${at.namespace} top pod ${at.name} --containers; raise resources.${field} of it in the environment, npm run synth, plumbline up`;
}
