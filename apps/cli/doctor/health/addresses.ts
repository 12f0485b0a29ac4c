import { z } from 'zod';
import type { RenderedEnvironment, RenderedWorkload } from '../../verify/rendered';

const portSchema = z.union([z.number(), z.string()]);
const probeSchema = z.object({
  httpGet: z
    .object({ path: z.string().default('/'), port: portSchema, scheme: z.enum(['HTTP', 'HTTPS']).default('HTTP') })
    .optional(),
});
const objectSchema = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()).default({}) }),
  spec: z.object({
    template: z.object({
      spec: z.object({
        containers: z.array(
          z.object({
            name: z.string(),
            ports: z.array(z.object({ name: z.string().optional(), containerPort: z.number() })).default([]),
            readinessProbe: probeSchema.optional(),
            livenessProbe: probeSchema.optional(),
          }),
        ),
      }),
    }),
  }),
});

/** A component that goes on running, and where it says itself how it is. */
export interface Component {
  readonly workload: RenderedWorkload;
  /** What it is for others, such as `trace-store`. */
  readonly role: string;
  /** Container of a pod that is asked. */
  readonly container: string;
  /** The address that its kubelet asks too. @default - its kubelet runs a program, or connects, so nothing can be asked */
  readonly health?: { readonly port: number; readonly path: string; readonly isTls: boolean };
  /** Port of its own metrics, where one is named so. */
  readonly metricsPort?: number;
}

/** Components of an environment; Jobs are none. */
export function componentsOf(rendered: RenderedEnvironment): readonly Component[] {
  return rendered.workloads.flatMap((workload) => {
    if (workload.kind === 'Job') return [];
    const object = rendered.objects.find(
      ({ kind, metadata }) =>
        kind === workload.kind &&
        metadata.name === workload.metadata.name &&
        (metadata.namespace ?? 'default') === workload.metadata.namespace,
    );
    const { success, data } = objectSchema.safeParse(object);
    const container = success ? data.spec.template.spec.containers[0] : undefined;
    if (!success || container === undefined) return [];
    const numberOf = (port: number | string) =>
      typeof port === 'number' ? port : container.ports.find(({ name }) => name === port)?.containerPort;
    // That it is ready says more than that it is alive.
    const probe = container.readinessProbe?.httpGet ?? container.livenessProbe?.httpGet;
    const port = probe && numberOf(probe.port);
    const metricsPort = numberOf('metrics');
    return [
      {
        workload,
        role: data.metadata.labels['app.kubernetes.io/component'] ?? '',
        container: container.name,
        ...(probe && port !== undefined && { health: { port, path: probe.path, isTls: probe.scheme === 'HTTPS' } }),
        ...(metricsPort !== undefined && { metricsPort }),
      },
    ];
  });
}
