import { z } from 'zod';
import { count, failed, passed, type Check } from '../check';
import type { ClusterApi } from '../cluster/api';
import { clusterOf } from '../context';
import { describeObject, type RenderedWorkload } from '../rendered';

const workloadSchema = z.object({
  metadata: z.object({ generation: z.number().default(0) }),
  spec: z.object({
    replicas: z.number().default(1),
    selector: z.object({ matchLabels: z.record(z.string(), z.string()).default({}) }),
  }),
  status: z
    .object({
      observedGeneration: z.number().default(0),
      availableReplicas: z.number().default(0),
      updatedReplicas: z.number().default(0),
      desiredNumberScheduled: z.number().optional(),
      numberAvailable: z.number().default(0),
    })
    .prefault({}),
});

const podSchema = z.object({
  metadata: z.object({ name: z.string() }),
  status: z
    .object({
      phase: z.string().default('Unknown'),
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() }))
        .default([]),
      containerStatuses: z
        .array(
          z.object({
            name: z.string(),
            ready: z.boolean(),
            restartCount: z.number().default(0),
            state: z
              .object({
                waiting: z.object({ reason: z.string().optional(), message: z.string().optional() }).optional(),
              })
              .default({}),
          }),
        )
        .default([]),
    })
    .prefault({}),
});

export const workloads: Check = {
  name: 'workloads',
  claim: 'all pods are running',
  why: 'a pod that is not ready takes no requests and reads no records',
  async run(context) {
    const { api } = clusterOf(context);
    const expected = context.rendered.workloads.filter(({ kind }) => kind !== 'Job');
    const details: string[] = [];
    let pods = 0;
    for (const workload of expected) {
      const answer = await api.read({ apiVersion: 'apps/v1', ...workload });
      if (answer === undefined) {
        details.push(`${describeObject(workload)} is not there`);
        continue;
      }
      const { metadata, spec, status } = workloadSchema.parse(answer);
      const isDaemonSet = workload.kind === 'DaemonSet';
      const wanted = isDaemonSet ? (status.desiredNumberScheduled ?? 1) : spec.replicas;
      const available = isDaemonSet ? status.numberAvailable : status.availableReplicas;
      pods += wanted;
      if (status.observedGeneration < metadata.generation) {
        details.push(`${describeObject(workload)}: its last change has not been taken up yet`);
      } else if (available < wanted) {
        const why = await reasons(api, workload, spec.selector.matchLabels);
        details.push(`${describeObject(workload)}: ${available} of ${wanted} available${why}`);
      }
    }
    if (details.length === 0) return passed(`${count(pods, 'pod')} of ${count(expected.length, 'workload')} available`);
    return failed(
      `${details.length} of ${count(expected.length, 'workload')} not available`,
      'kubectl describe pod, and kubectl logs --previous of what restarts; a first start takes a few minutes',
      details,
    );
  },
};

/** Why pods are not ready, as their statuses tell. */
async function reasons(
  api: ClusterApi,
  { metadata }: RenderedWorkload,
  labels: Readonly<Record<string, string>>,
): Promise<string> {
  const pods = (await api.pods(metadata.namespace, labels)).map((pod) => podSchema.parse(pod));
  if (pods.length === 0) return ', it has no pod';
  const texts = pods.flatMap(({ metadata: { name }, status }) => {
    const waiting = status.containerStatuses.filter(({ ready }) => !ready);
    const unscheduled = status.conditions.find(
      ({ type, status: value }) => type === 'PodScheduled' && value === 'False',
    );
    if (unscheduled !== undefined) return [`${name} is not scheduled: ${unscheduled.message ?? 'no reason given'}`];
    return waiting.map(({ name: container, restartCount, state }) => {
      const reason = state.waiting?.reason ?? 'not ready';
      const restarts = restartCount === 0 ? '' : `, restarted ${restartCount} times`;
      return `${name} ${container}: ${reason}${restarts}`;
    });
  });
  return texts.length === 0 ? '' : ` (${texts.slice(0, 3).join('; ')})`;
}
