import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const root = join(__dirname, '..', '..');

const deployment = z.object({
  kind: z.literal('Deployment'),
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    template: z.object({
      spec: z.object({
        containers: z
          .array(z.object({ resources: z.object({ limits: z.object({ memory: z.string().regex(/^\d+[MG]i$/) }) }) }))
          .min(1),
      }),
    }),
  }),
});

/** Memory limit that the rendered manifests give the pod of a worker, bytes. @throws {RangeError} when they have no such worker */
export function memoryLimitBytes(worker: string): number {
  const file = join(root, 'dist', 'thesis', 'anomaly.k8s.yaml');
  for (const document of parseAllDocuments(readFileSync(file, 'utf8'))) {
    const parsed = deployment.safeParse(document.toJS());
    if (!parsed.success || parsed.data.metadata.name !== worker) continue;
    const memory = parsed.data.spec.template.spec.containers[0]?.resources.limits.memory ?? '';
    return parseInt(memory, 10) * 1024 ** (memory.endsWith('Gi') ? 3 : 2);
  }
  throw new RangeError(`${file} has no Deployment ${worker} with a memory limit`);
}
