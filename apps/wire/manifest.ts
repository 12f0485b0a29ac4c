import { z } from 'zod';
import { sourceSchema } from './window-stats';

/** A stored object, and the traces in it. */
const storedObjectSchema = z.object({
  key: z.string().max(1024),
  traces: z.array(z.object({ traceId: z.string(), eventTimeMs: z.number(), spans: z.number() })).default([]),
});

/** Object that says what was stored of one record of `traces-preprocessed`; JSON. */
export const manifestSchema = z.object({
  schema: z.literal(1),
  source: sourceSchema,
  objects: z.array(storedObjectSchema).max(100_000),
});
export type StoredObject = z.infer<typeof storedObjectSchema>;
export type Manifest = z.infer<typeof manifestSchema>;

/** @throws {z.ZodError | SyntaxError} when the bytes are no manifest */
export function decodeManifest(bytes: Uint8Array): Manifest {
  return manifestSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}
