import { z } from 'zod';

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
});
const meta = z.object({
  name: z.string(),
  namespace: z.string().default('default'),
  labels: z.record(z.string(), z.string()).default({}),
  generation: z.number().default(0),
  deletionTimestamp: z.string().optional(),
});
const terminated = z.object({ reason: z.string().optional(), exitCode: z.number().optional() });
const containerStatus = z.object({
  name: z.string(),
  image: z.string().default(''),
  ready: z.boolean().default(false),
  restartCount: z.number().default(0),
  state: z
    .object({
      waiting: z.object({ reason: z.string().optional(), message: z.string().optional() }).optional(),
      terminated: terminated.optional(),
    })
    .default({}),
  lastState: z.object({ terminated: terminated.optional() }).default({}),
});

/** A pod, as far as its trouble is told by it. */
export const podSchema = z.object({
  metadata: meta,
  spec: z
    .object({ containers: z.array(z.object({ name: z.string(), image: z.string().default('') })).default([]) })
    .default({ containers: [] }),
  status: z
    .object({
      phase: z.string().default('Unknown'),
      reason: z.string().optional(),
      conditions: z.array(condition).default([]),
      initContainerStatuses: z.array(containerStatus).default([]),
      containerStatuses: z.array(containerStatus).default([]),
    })
    .prefault({}),
});
export type LivePod = z.infer<typeof podSchema>;
export type ContainerStatus = z.infer<typeof containerStatus>;

/** A Deployment, StatefulSet, DaemonSet or Job. */
export const workloadSchema = z.object({
  metadata: meta,
  spec: z.object({
    replicas: z.number().default(1),
    selector: z.object({ matchLabels: z.record(z.string(), z.string()).default({}) }).default({ matchLabels: {} }),
  }),
  status: z
    .object({
      observedGeneration: z.number().default(0),
      replicas: z.number().default(0),
      updatedReplicas: z.number().default(0),
      availableReplicas: z.number().default(0),
      desiredNumberScheduled: z.number().optional(),
      updatedNumberScheduled: z.number().default(0),
      numberAvailable: z.number().default(0),
      active: z.number().default(0),
      conditions: z.array(condition).default([]),
    })
    .prefault({}),
});
export type LiveWorkload = z.infer<typeof workloadSchema>;

export const claimSchema = z.object({
  metadata: meta,
  spec: z.object({ storageClassName: z.string().optional() }).default({}),
  status: z.object({ phase: z.string().default('Pending') }).prefault({}),
});
export type LiveClaim = z.infer<typeof claimSchema>;

/** A warning that a controller wrote. */
export const eventSchema = z.object({
  reason: z.string().default(''),
  message: z.string().default(''),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
  involvedObject: z.object({
    kind: z.string().default(''),
    name: z.string().default(''),
    namespace: z.string().default('default'),
  }),
});
export type LiveEvent = z.infer<typeof eventSchema>;

/** What of a namespace tells how far things are. */
export interface LiveState {
  /** By kind, `/`, namespace, `/` and name. */
  readonly workloads: ReadonlyMap<string, LiveWorkload>;
  readonly pods: readonly LivePod[];
  readonly claims: readonly LiveClaim[];
  /** Warnings of the namespaces. */
  readonly events: readonly LiveEvent[];
}
