import { z } from 'zod';
import { VerifyError } from '../check';
import type { ClusterApi } from './api';

const serviceSchema = z.object({
  spec: z.object({
    selector: z.record(z.string(), z.string()).default({}),
    ports: z.array(
      z.object({
        port: z.number(),
        name: z.string().optional(),
        targetPort: z.union([z.number(), z.string()]).optional(),
      }),
    ),
  }),
});
const podSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    containers: z.array(
      z.object({
        ports: z.array(z.object({ name: z.string().optional(), containerPort: z.number() })).default([]),
      }),
    ),
  }),
  status: z
    .object({
      phase: z.string().optional(),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
    })
    .default({ conditions: [] }),
});

/** A port of a pod. */
export interface PodPort {
  readonly pod: string;
  readonly port: number;
}

/**
 * Ready pods behind a port of a Service, by name.
 *
 * @throws {VerifyError} if there is no such Service or none of its pods is ready
 */
export async function podsBehind(
  api: ClusterApi,
  namespace: string,
  name: string,
  port: number,
): Promise<readonly [PodPort, ...PodPort[]]> {
  const answer = await api.read({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace } });
  if (answer === undefined) {
    throw new VerifyError(`Service ${namespace}/${name} is not there`, 'apply the manifests, see the check "objects"');
  }
  const { spec } = serviceSchema.parse(answer);
  const target = spec.ports.find((each) => each.port === port);
  if (target === undefined)
    throw new VerifyError(`Service ${namespace}/${name} has no port ${port}`, 'apply the manifests');
  const pods = (await api.pods(namespace, spec.selector)).map((pod) => podSchema.parse(pod)).filter(isReady);
  const found = pods.map((pod) => ({ pod: pod.metadata.name, port: targetPort(pod, target) }));
  const [first, ...others] = found.sort((a, b) => a.pod.localeCompare(b.pod));
  if (first === undefined) {
    throw new VerifyError(
      `no pod of Service ${namespace}/${name} is ready`,
      `look at kubectl -n ${namespace} get pods, and see the check "workloads"`,
    );
  }
  return [first, ...others];
}

function isReady({ status }: z.infer<typeof podSchema>): boolean {
  const ready = status.conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True');
  return status.phase === 'Running' && ready;
}

function targetPort(
  { spec }: z.infer<typeof podSchema>,
  { port, targetPort: target = port }: { readonly port: number; readonly targetPort?: number | string | undefined },
): number {
  if (typeof target === 'number') return target;
  const ports = spec.containers.flatMap((container) => container.ports);
  return ports.find(({ name }) => name === target)?.containerPort ?? port;
}
