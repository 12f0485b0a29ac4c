import { z } from 'zod';
import { describeObject, type RenderedEnvironment } from '../verify/rendered';

const keyRef = z.object({ name: z.string(), key: z.string(), optional: z.boolean().default(false) });
const nameRef = z.object({ name: z.string(), optional: z.boolean().default(false) });
const requests = z
  .object({ requests: z.record(z.string(), z.union([z.string(), z.number()])).default({}) })
  .default({ requests: {} });
const container = z.object({
  name: z.string(),
  image: z.string().default(''),
  env: z.array(z.object({ valueFrom: z.object({ secretKeyRef: keyRef.optional() }).optional() })).default([]),
  envFrom: z.array(z.object({ secretRef: nameRef.optional(), configMapRef: nameRef.optional() })).default([]),
  resources: requests,
});
const items = z.array(z.object({ key: z.string() })).optional();
const volume = z.object({
  secret: z.object({ secretName: z.string(), optional: z.boolean().default(false), items }).optional(),
  configMap: nameRef.optional(),
  projected: z
    .object({ sources: z.array(z.object({ secret: nameRef.extend({ items }).optional() })).default([]) })
    .optional(),
});
const podSpec = z.object({
  serviceAccountName: z.string().optional(),
  containers: z.array(container),
  initContainers: z.array(container).default([]),
  volumes: z.array(volume).default([]),
});
const template = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()).default({}) }).prefault({}),
  spec: podSpec,
});
const withTemplate = z.object({ spec: z.object({ replicas: z.number().optional(), template }) });
const withJobTemplate = z.object({ spec: z.object({ jobTemplate: withTemplate }) });

/** Pods as they are rendered, of a workload or of a CronJob. */
export interface RenderedPods {
  /** `tempo/StatefulSet/tempo`. */
  readonly workload: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly replicas: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: z.infer<typeof podSpec>;
}

/** A key of a Secret, or all of it, that a pod needs to start. */
export interface NeededSecret {
  readonly namespace: string;
  readonly name: string;
  /** @default - whatever is in it */
  readonly key?: string;
  readonly by: string;
}

/** Pods of every workload and CronJob. */
export function renderedPods(rendered: RenderedEnvironment): readonly RenderedPods[] {
  return rendered.objects.flatMap((object) => {
    const direct = withTemplate.safeParse(object);
    const nested = withJobTemplate.safeParse(object);
    const found = direct.success ? direct.data.spec : nested.success ? nested.data.spec.jobTemplate.spec : undefined;
    if (found === undefined) return [];
    const { name, namespace = 'default' } = object.metadata;
    const { replicas = 1 } = found;
    const { labels } = found.template.metadata;
    return [
      {
        workload: describeObject(object),
        kind: object.kind,
        name,
        namespace,
        replicas,
        labels,
        spec: found.template.spec,
      },
    ];
  });
}

/** Secrets without which pods do not start. */
export function neededSecrets(rendered: RenderedEnvironment): readonly NeededSecret[] {
  return renderedPods(rendered).flatMap(({ workload, namespace, spec }) => {
    const at = { namespace, by: workload };
    const containers = [...spec.initContainers, ...spec.containers];
    const variables = containers.flatMap(({ env }) => env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []));
    const whole = containers.flatMap(({ envFrom }) => envFrom.flatMap(({ secretRef }) => secretRef ?? []));
    const mounted = spec.volumes.flatMap(({ secret, projected }) => [
      ...(secret === undefined ? [] : [{ ...secret, name: secret.secretName }]),
      ...(projected?.sources ?? []).flatMap((source) => source.secret ?? []),
    ]);
    return [
      ...variables.filter(({ optional }) => !optional).map(({ name, key }) => ({ ...at, name, key })),
      ...whole.filter(({ optional }) => !optional).map(({ name }) => ({ ...at, name })),
      ...mounted
        .filter(({ optional }) => !optional)
        .flatMap(({ name, items: keys = [] }) =>
          keys.length === 0 ? [{ ...at, name }] : keys.map(({ key }) => ({ ...at, name, key })),
        ),
    ];
  });
}
