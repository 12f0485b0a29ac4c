import { z } from 'zod';

/** Progress is published by steps of so much event time, milliseconds, so that it does not depend on how records were batched. */
export const progressStepMs = 20_000;

/** Most incidents that a record of progress names; what is older was read long ago. */
export const maxNamedIncidents = 64;

const analysisProgressSchema = z.object({
  schema: z.literal(1),
  tenant: z.string().max(256),
  /** Root cause has looked at every window that ended by then, event time, milliseconds since the epoch. */
  throughMs: z.number(),
  /** Newest incidents it has published, and their revisions: a reader that does not know them yet is not as far. */
  incidents: z.array(z.object({ id: z.string().max(64), revision: z.number().int().min(1) })).max(maxNamedIncidents),
});
/** How far root cause has looked at a tenant; the newest record of a tenant is the truth. */
export type AnalysisProgress = Omit<z.infer<typeof analysisProgressSchema>, 'schema'>;

export function encodeAnalysisProgress(progress: AnalysisProgress): Uint8Array {
  return Buffer.from(JSON.stringify({ schema: 1, ...progress }));
}

/** @throws {z.ZodError | SyntaxError} when the bytes are no such message */
export function decodeAnalysisProgress(bytes: Uint8Array): AnalysisProgress {
  const { schema: _schema, ...progress } = analysisProgressSchema.parse(
    JSON.parse(Buffer.from(bytes).toString('utf8')),
  );
  return progress;
}
