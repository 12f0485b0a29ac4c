import { z } from 'zod';

const name = z.string().min(1).max(8192);
const psi = z.number().min(0);

const driftEventSchema = z.object({
  schema: z.literal(1),
  event: z.literal('drift'),
  /** Follows from model, version and stretch: who tells of the same drift again tells the same. `A-Z a-z 0-9 _ . -`. */
  id: z.string().regex(/^[A-Za-z0-9_.-]{1,200}$/),
  model: z.string().min(1).max(64),
  version: z.string().min(1).max(128),
  /** Population stability index of what drifted most, less what chance makes of it. */
  psi,
  /** Scores that drifted, worst first. */
  scores: z.array(z.object({ name, psi })).max(16),
  /** Features that drifted, worst first, the first of them; `missing`: how often traces have none. */
  features: z.array(z.object({ name, of: z.enum(['value', 'missing']), psi })).max(16),
  /** Features that drifted, all of them. */
  drifting: z.number().int().min(0),
  /** Traces of the stretch, as far as the worker saw it. */
  traces: z.number().int().min(1),
  /** The stretch, event time, milliseconds since the epoch. */
  fromMs: z.number(),
  throughMs: z.number(),
});
/** What traces are has moved away from what a version was trained with; told on `model-events`. */
export type DriftEvent = Omit<z.infer<typeof driftEventSchema>, 'schema' | 'event'>;

/** Name of the drift of a version in a stretch; characters that a name of a run cannot have are left out. */
export function driftEventId({ model, version, fromMs }: Pick<DriftEvent, 'model' | 'version' | 'fromMs'>): string {
  return `drift-${model}-${version}-${fromMs}`.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, 200);
}

export function encodeDriftEvent(event: DriftEvent): Uint8Array {
  return Buffer.from(JSON.stringify({ schema: 1, event: 'drift', ...event }));
}

const anyEvent = z.object({ event: z.string() });

/**
 * @returns `undefined` for what else is told of models
 * @throws {z.ZodError | SyntaxError} when the bytes are no event, or a drift that cannot be read
 */
export function decodeDriftEvent(bytes: Uint8Array): DriftEvent | undefined {
  const parsed: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  if (anyEvent.parse(parsed).event !== 'drift') return undefined;
  const { schema: _schema, event: _event, ...drift } = driftEventSchema.parse(parsed);
  return drift;
}
