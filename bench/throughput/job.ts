import { z } from 'zod';

/** Who does the work, each in a process of its own. */
export const implementations = ['plumbline', 'naive'] as const;
export type Implementation = (typeof implementations)[number];

/** What is measured. */
export const works = ['decode', 'preprocess', 'kafka'] as const;

/** Who judges traces: the profile alone, or learned models beside it, of all traces or, as a version in the shadow, of a share. */
export const judges = ['profile', 'shadow', 'models'] as const;
export type Judges = (typeof judges)[number];

const warmUpSpans = z.int().min(0);
const common = { by: z.enum(implementations), warmUpSpans };

/** What a measured process is told to do, as JSON in its only argument. */
export const jobSchema = z.discriminatedUnion('work', [
  z.object({ work: z.enum(['decode', 'preprocess']), file: z.string(), ...common }),
  z.object({ work: z.literal('kafka'), brokers: z.array(z.string()), traces: z.int(), ...common }),
  z.object({
    work: z.literal('detect'),
    by: z.enum(judges),
    file: z.string(),
    /** Folder of the model store. */
    models: z.string(),
    warmUpSpans,
  }),
]);
export type Job = z.infer<typeof jobSchema>;

/** What a measured process prints of itself, a `Reading`. */
export const readingSchema = z.object({
  spans: z.int().positive(),
  cpuSeconds: z.number().positive(),
  peakRssBytes: z.number().positive(),
});
