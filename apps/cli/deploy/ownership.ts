import { z } from 'zod';

/** Label by which an object is ours, and its value. */
export const ours = { key: 'app.kubernetes.io/part-of', value: 'plumbline' } as const;

/** Who applies: fields that it set and no longer sets are taken away. */
export const fieldManager = 'plumbline';

const labelledSchema = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()).optional() }),
});

/** Whether an object, as rendered or as it is in the cluster, is ours. */
export function isOurs(object: unknown): boolean {
  const { success, data } = labelledSchema.safeParse(object);
  return success && data.metadata.labels?.[ours.key] === ours.value;
}
