import type { z } from 'zod';
import { VerifyError } from '../verify/check';
import type { ClusterApi } from '../verify/cluster/api';
import type { RenderedEnvironment } from '../verify/rendered';
import { concurrently, requestsAtOnce } from './concurrently';
import {
  claimSchema,
  eventSchema,
  podSchema,
  workloadSchema,
  type LiveClaim,
  type LiveEvent,
  type LivePod,
  type LiveState,
  type LiveWorkload,
} from './live';

const workloadLists: Readonly<Record<string, string>> = {
  Deployment: '/apis/apps/v1',
  StatefulSet: '/apis/apps/v1',
  DaemonSet: '/apis/apps/v1',
  Job: '/apis/batch/v1',
};

/** Namespaces in which an environment has objects, made by it or not. */
export function namespacesOf(rendered: RenderedEnvironment): readonly string[] {
  const used = rendered.objects.flatMap(({ metadata }) => metadata.namespace ?? []);
  const made = rendered.ofKind('Namespace').map(({ metadata }) => metadata.name);
  return Array.from(new Set([...made, ...used])).sort();
}

/**
 * How far things are in these namespaces. Warnings that may not be read are left out: they say more, and nothing depends on them.
 *
 * @throws {VerifyError} without an answer, or without the right to list
 */
export async function readState(api: ClusterApi, namespaces: readonly string[]): Promise<LiveState> {
  const workloads = new Map<string, LiveWorkload>();
  const pods: LivePod[] = [];
  const claims: LiveClaim[] = [];
  const events: LiveEvent[] = [];
  const read = (path: string, take: (item: unknown) => void) => async () => (await api.list(path)).forEach(take);
  const into =
    <T>(schema: z.ZodType<T>, list: T[]) =>
    (item: unknown) => {
      const { success, data } = schema.safeParse(item);
      if (success) list.push(data);
    };
  const requests = namespaces.flatMap((namespace) => {
    const core = `/api/v1/namespaces/${namespace}`;
    return [
      ...Object.entries(workloadLists).map(([kind, group]) =>
        read(`${group}/namespaces/${namespace}/${kind.toLowerCase()}s`, (item) => {
          const workload = workloadSchema.parse(item);
          workloads.set(workloadKey(kind, workload.metadata.namespace, workload.metadata.name), workload);
        }),
      ),
      read(`${core}/pods`, into(podSchema, pods)),
      read(`${core}/persistentvolumeclaims`, into(claimSchema, claims)),
      () => read(`${core}/events?fieldSelector=type%3DWarning&limit=200`, into(eventSchema, events))().catch(ignored),
    ];
  });
  await concurrently(requests, requestsAtOnce, (request) => request());
  return { workloads, pods, claims, events };
}

export function workloadKey(kind: string, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}

function ignored(error: unknown): void {
  if (!(error instanceof VerifyError)) throw error;
}
