import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../errors';

/** Workloads to look at, in a file of their own: they are no part of the environment. */
export const examplesFile = 'examples.k8s.yaml';
/** Everything once more, as one file. */
export const allInOneFile = 'all-in-one.yaml';

const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
  }),
});

/** An object as it is rendered; of its fields only those of every object are known. */
export type RenderedObject = z.infer<typeof objectSchema>;

const variableSchema = z.object({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .looseObject({
      secretKeyRef: z.object({ name: z.string(), key: z.string(), optional: z.boolean().optional() }).optional(),
    })
    .optional(),
});
const workloadSchema = z.object({
  kind: z.enum(['Deployment', 'StatefulSet', 'DaemonSet', 'Job']),
  metadata: z.object({ name: z.string(), namespace: z.string().default('default') }),
  spec: z.object({
    replicas: z.number().optional(),
    template: z.object({
      spec: z.looseObject({
        containers: z
          .array(z.looseObject({ args: z.array(z.string()).default([]), env: z.array(variableSchema).default([]) }))
          .min(1),
        volumes: z.array(z.looseObject({ configMap: z.looseObject({ name: z.string() }).optional() })).default([]),
      }),
    }),
    volumeClaimTemplates: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })).default([]),
  }),
});

/** A workload as it is rendered. */
export type RenderedWorkload = z.infer<typeof workloadSchema>;

const configMapSchema = z.object({
  kind: z.literal('ConfigMap'),
  metadata: z.object({ name: z.string(), namespace: z.string().default('default') }),
  data: z.record(z.string(), z.string()).default({}),
});

/** What an environment renders to: what a cluster is measured against. */
export class RenderedEnvironment {
  readonly workloads: readonly RenderedWorkload[];
  private readonly configMaps: readonly z.infer<typeof configMapSchema>[];

  /** @param directory for messages */
  constructor(
    readonly objects: readonly RenderedObject[],
    readonly directory: string,
  ) {
    this.workloads = objects.flatMap((object) => matching(workloadSchema, object));
    this.configMaps = objects.flatMap((object) => matching(configMapSchema, object));
  }

  /**
   * Reads a folder of manifests, such as `dist/thesis`, without its examples.
   *
   * @throws {UsageError} if it is no such folder
   */
  static read(directory: string): RenderedEnvironment {
    const objects = manifestFiles(directory).flatMap((name) => readManifest(join(directory, name)));
    if (objects.length === 0) throw new UsageError(`${directory}: has no manifests; npm run synth renders dist/thesis`);
    return new RenderedEnvironment(objects, directory);
  }

  ofKind(kind: string): readonly RenderedObject[] {
    return this.objects.filter((object) => object.kind === kind);
  }

  /** The worker or job that the image is started as, such as `run preprocessing` or `job topics`. */
  withArgs(...args: readonly string[]): RenderedWorkload | undefined {
    return this.workloads.find(({ spec }) => {
      const given = spec.template.spec.containers[0]?.args ?? [];
      return args.every((arg, index) => given[index] === arg);
    });
  }

  /** A file that a workload mounts from a ConfigMap. */
  fileOf(workload: RenderedWorkload, key: string): string | undefined {
    const mounted = workload.spec.template.spec.volumes.flatMap(({ configMap }) => configMap?.name ?? []);
    const maps = this.configMaps.filter(
      ({ metadata }) => metadata.namespace === workload.metadata.namespace && mounted.includes(metadata.name),
    );
    return maps.flatMap(({ data }) => data[key] ?? [])[0];
  }

  /** The workload with a ConfigMap that has this file, and the file. */
  fileNamed(key: string): { readonly workload: RenderedWorkload; readonly text: string } | undefined {
    for (const workload of this.workloads) {
      const text = this.fileOf(workload, key);
      if (text !== undefined) return { workload, text };
    }
    return undefined;
  }
}

/**
 * Names of the files of an environment, without its examples and without what has everything once more.
 *
 * @throws {UsageError} if the folder cannot be read
 */
export function manifestFiles(directory: string): readonly string[] {
  try {
    const names = readdirSync(directory).filter((name) => /\.ya?ml$/.test(name));
    return names.filter((name) => name !== examplesFile && name !== allInOneFile).sort();
  } catch (cause) {
    const message = `${directory}: is no folder that can be read; npm run synth renders dist/thesis`;
    throw new UsageError(message, { cause });
  }
}

/**
 * Objects of a file.
 *
 * @throws {UsageError} for a document that is no Kubernetes object
 */
export function readManifest(file: string): readonly RenderedObject[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new UsageError(`${file}: ${error.message}`);
    const value: unknown = document.toJS();
    if (value === null) return [];
    const { success, data } = objectSchema.safeParse(value);
    if (!success) throw new UsageError(`${file}: has a document that is no Kubernetes object`);
    return [data];
  });
}

function matching<T>(schema: z.ZodType<T>, object: RenderedObject): T[] {
  const { success, data } = schema.safeParse(object);
  return success ? [data] : [];
}

/** `tempo/Service/tempo`, as messages name an object. */
export function describeObject({ kind, metadata }: Pick<RenderedObject, 'kind' | 'metadata'>): string {
  return `${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${kind}/${metadata.name}`;
}
