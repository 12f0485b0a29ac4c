import { z } from 'zod';
import { parseQuantity } from '../../../constructs/invariants/quantity';
import { eventSchema, podSchema, type LivePod } from '../deploy/live';
import { isOurs } from '../deploy/ownership';
import type { ClusterApi } from '../verify/cluster/api';
import type { GrowTarget } from './target';

const storage = z.looseObject({ storage: z.string().optional() }).default({});
const claimSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    storageClassName: z.string().optional(),
    resources: z.looseObject({ requests: storage }).prefault({}),
  }),
  status: z
    .object({
      phase: z.string().default('Pending'),
      capacity: storage,
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() }))
        .default([]),
    })
    .prefault({}),
});
const classSchema = z.object({ allowVolumeExpansion: z.boolean().default(false) });
const setSchema = z.looseObject({
  metadata: z.looseObject({
    uid: z.string(),
    resourceVersion: z.string(),
    deletionTimestamp: z.string().optional(),
    finalizers: z.array(z.string()).default([]),
    generation: z.number().default(0),
  }),
  spec: z.looseObject({
    replicas: z.number().default(1),
    volumeClaimTemplates: z
      .array(
        z.looseObject({
          metadata: z.looseObject({ name: z.string() }),
          spec: z.looseObject({ resources: z.looseObject({ requests: storage }) }),
        }),
      )
      .default([]),
  }),
  status: z
    .looseObject({
      observedGeneration: z.number().default(0),
      readyReplicas: z.number().default(0),
      updatedReplicas: z.number().default(0),
    })
    .prefault({}),
});

/** A StatefulSet as it is in the cluster. */
export type LiveSet = z.infer<typeof setSchema>;

/** A claim of the template, as it is in the cluster. */
export interface GrowClaim {
  readonly name: string;
  /** `undefined`: it has none. */
  readonly storageClass: string | undefined;
  readonly allowsExpansion: boolean;
  readonly phase: string;
  /** What it asks for, bytes. */
  readonly requested: number;
  /** What its volume has, bytes. */
  readonly capacity: number;
  /** Whether only the file system is left, which grows when its pod starts anew. */
  readonly waitsForPod: boolean;
}

/** How far a claim template and its claims are. */
export interface GrowState {
  /** `undefined` where it was deleted, or never there. */
  readonly set: LiveSet | undefined;
  /** Whether an object of that name is somebody else's. */
  readonly isForeign: boolean;
  /** What its template asks for, bytes; 0 where it is not there. */
  readonly templateSize: number;
  readonly claims: readonly GrowClaim[];
  /** Pods of the StatefulSet, whoever owns them. */
  readonly pods: readonly (LivePod & { readonly uid: string })[];
}

/** Reads it. @throws {VerifyError} without an answer, or without the right to read */
export async function readGrowState(api: ClusterApi, target: GrowTarget): Promise<GrowState> {
  const { namespace, name, template } = target;
  const answer = await api.read(target.set);
  const set = setSchema.safeParse(answer).data;
  const own = set?.spec.volumeClaimTemplates.find(({ metadata }) => metadata.name === template);
  const claims: GrowClaim[] = [];
  for (const item of await api.list(`/api/v1/namespaces/${namespace}/persistentvolumeclaims`)) {
    const { metadata, spec, status } = claimSchema.parse(item);
    if (ordinalOf(metadata.name, `${template}-${name}`) === undefined) continue;
    const { storageClassName } = spec;
    claims.push({
      name: metadata.name,
      storageClass: storageClassName,
      allowsExpansion: storageClassName !== undefined && (await allowsExpansion(api, storageClassName)),
      phase: status.phase,
      requested: parseQuantity(spec.resources.requests.storage ?? '0'),
      capacity: parseQuantity(status.capacity.storage ?? '0'),
      waitsForPod: status.conditions.some(
        ({ type, status: is }) => type === 'FileSystemResizePending' && is === 'True',
      ),
    });
  }
  const identity = z.object({ metadata: z.object({ uid: z.string() }) });
  const pods = (await api.list(`/api/v1/namespaces/${namespace}/pods`))
    .map((pod) => ({ ...podSchema.parse(pod), uid: identity.parse(pod).metadata.uid }))
    .filter(({ metadata }) => ordinalOf(metadata.name, name) !== undefined);
  return {
    set,
    isForeign: set !== undefined && !isOurs(answer),
    templateSize: parseQuantity(own?.spec.resources.requests.storage ?? '0'),
    claims: claims.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })),
    pods,
  };
}

async function allowsExpansion(api: ClusterApi, name: string): Promise<boolean> {
  const storageClass = await api.read({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name } });
  return classSchema.safeParse(storageClass).data?.allowVolumeExpansion ?? false;
}

/** Last words of those who grow volumes, by claim. */
export async function warningsOf(
  api: ClusterApi,
  { namespace }: GrowTarget,
  claim: string,
): Promise<string | undefined> {
  const query = encodeURIComponent(`type=Warning,involvedObject.name=${claim}`);
  const events = await api.list(`/api/v1/namespaces/${namespace}/events?fieldSelector=${query}`);
  return events.map((event) => eventSchema.parse(event).message).at(-1);
}

/** The number of a pod or claim of a StatefulSet, `undefined` where it is not of it. */
export function ordinalOf(name: string, start: string): number | undefined {
  if (!name.startsWith(`${start}-`)) return undefined;
  const rest = name.slice(start.length + 1);
  return /^\d+$/.test(rest) ? Number(rest) : undefined;
}
