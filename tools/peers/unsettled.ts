import { z } from 'zod';

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
});

/** What of objects with pods, pods and claims tells whether they are as they should be. */
const listed = z.object({
  items: z.array(
    z.object({
      kind: z.string(),
      metadata: z.object({
        name: z.string(),
        namespace: z.string().optional(),
        generation: z.number().optional(),
      }),
      spec: z.object({ replicas: z.number().optional() }),
      status: z.object({
        phase: z.string().optional(),
        conditions: z.array(condition).optional(),
        observedGeneration: z.number().optional(),
        replicas: z.number().optional(),
        updatedReplicas: z.number().optional(),
        readyReplicas: z.number().optional(),
        active: z.number().optional(),
        succeeded: z.number().optional(),
      }),
    }),
  ),
});

type Listed = z.infer<typeof listed>['items'][number];

/** Kinds that {@link unsettled} judges, as kubectl names them. */
export const settlingKinds = 'deployments,statefulsets,jobs,pods,persistentvolumeclaims';

/**
 * What is not yet, or never will be, as it should.
 *
 * @param json `kubectl get <settlingKinds> --all-namespaces --output=json`
 * @returns a line each: rollouts that are not complete, Jobs without a pod, pods that are not ready, claims that are not bound
 */
export function unsettled(json: string): readonly string[] {
  return listed.parse(JSON.parse(json)).items.flatMap((item) => {
    const problem = problemOf(item);
    return problem === undefined
      ? []
      : [`${item.kind} ${item.metadata.namespace ?? ''}/${item.metadata.name}: ${problem}`];
  });
}

function problemOf({ kind, metadata, spec, status }: Listed): string | undefined {
  switch (kind) {
    case 'Pod': {
      const ready = status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
      return ready || status.phase === 'Succeeded'
        ? undefined
        : `${status.phase ?? 'unknown'}${because(status.conditions)}`;
    }
    case 'PersistentVolumeClaim':
      return status.phase === 'Bound' ? undefined : (status.phase ?? 'unknown');
    case 'Job':
      return (status.active ?? 0) + (status.succeeded ?? 0) > 0 ? undefined : 'no pod';
    default: {
      const { replicas: wanted = 1 } = spec;
      const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, observedGeneration = 0 } = status;
      if (observedGeneration < (metadata.generation ?? 0)) return 'not looked at yet';
      const done = [replicas, updatedReplicas, readyReplicas].every((count) => count === wanted);
      return done ? undefined : `${readyReplicas} ready and ${updatedReplicas} new of ${wanted}, ${replicas} there`;
    }
  }
}

function because(conditions: Listed['status']['conditions'] = []): string {
  const reasons = conditions
    .filter(({ status }) => status === 'False')
    .map(({ type, reason = type, message = '' }) => `${reason} ${message}`.trim());
  return reasons.length === 0 ? '' : `: ${reasons.join('; ')}`;
}
