import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { Environment } from './plumbline';

const environmentVariable = z.object({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .object({ secretKeyRef: z.object({ name: z.string(), key: z.string(), optional: z.boolean().optional() }) })
    .optional(),
});
const podSpec = z.object({
  terminationGracePeriodSeconds: z.number().optional(),
  containers: z.array(z.object({ args: z.array(z.string()), env: z.array(environmentVariable).default([]) })).min(1),
});
const configMap = z.object({
  kind: z.literal('ConfigMap'),
  metadata: z.object({ name: z.string() }),
  data: z.record(z.string(), z.string()),
});
const workload = z.object({
  kind: z.enum(['Deployment', 'StatefulSet', 'Job']),
  metadata: z.object({ name: z.string() }),
  spec: z.object({ template: z.object({ spec: podSpec }) }),
});

/** Values of Secrets by name, then by key. */
export type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What is not among the rendered objects. */
export class NotRenderedError extends Error {
  readonly code = 'PLUMBLINE_NOT_RENDERED';
  override readonly name = 'NotRenderedError';
}

/** Text of a rendered chart. */
export function renderedChart(environment: string, chart: string): string {
  return readFileSync(resolve(__dirname, '..', '..', 'dist', environment, `${chart}.k8s.yaml`), 'utf8');
}

/** Objects of a rendered chart, as a cluster would be given them. */
export class Rendered {
  private readonly objects: readonly unknown[];

  constructor(text: string) {
    this.objects = parseAllDocuments(text).map((document) => document.toJS() as unknown);
  }

  /** A file of a ConfigMap. */
  file(name: string, key: string): string {
    for (const object of this.objects) {
      const { success, data } = configMap.safeParse(object);
      const text = success && data.metadata.name === name ? data.data[key] : undefined;
      if (text !== undefined) return text;
    }
    throw new NotRenderedError(`there is no ConfigMap ${name} with ${key}`);
  }

  /**
   * Environment of the first container of a workload, its Secrets resolved. The name of a Job is followed by a hash.
   *
   * @param addresses what stands in values that are not secret → what takes its place
   * @throws {NotRenderedError} for a Secret that is not there and not optional, as a kubelet does
   */
  environment(name: string, secrets: Secrets = {}, addresses: Readonly<Record<string, string>> = {}): Environment {
    const [container] = this.pod(name).containers;
    const here = (text: string) =>
      Object.entries(addresses).reduce((replaced, [from, to]) => replaced.replaceAll(from, to), text);
    const variables = container?.env.flatMap(({ name: variable, value, valueFrom }): [string, string][] => {
      if (valueFrom === undefined) return [[variable, here(value ?? '')]];
      const { name: secret, key, optional = false } = valueFrom.secretKeyRef;
      const resolved = secrets[secret]?.[key];
      if (resolved !== undefined) return [[variable, resolved]];
      if (optional) return [];
      throw new NotRenderedError(`${name} needs ${key} of Secret ${secret}`);
    });
    return Object.fromEntries(variables ?? []);
  }

  /** Arguments of the first container of a workload but those that name the file of its configuration. */
  args(name: string): string[] {
    return this.pod(name).containers[0]?.args.filter((each) => !each.startsWith('--config=')) ?? [];
  }

  private pod(name: string): z.infer<typeof podSpec> {
    for (const object of this.objects) {
      const { success, data } = workload.safeParse(object);
      if (!success) continue;
      const isNamed = data.kind === 'Job' ? data.metadata.name.startsWith(`${name}-`) : data.metadata.name === name;
      if (isNamed) return data.spec.template.spec;
    }
    throw new NotRenderedError(`there is no workload ${name}`);
  }
}
