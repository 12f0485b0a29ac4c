import { join } from 'node:path';
import { z } from 'zod';

/** Where the result lies in the repository. */
export const acceptanceFile = join('bench', 'results', 'accept.json');

const roundSchema = z.looseObject({
  fault: z.string(),
  /** `right`, `wrong`, `nothing-found`, `false-alarm`, `quiet`, or `failed` when the demo came to no end. */
  outcome: z.string(),
  seed: z.int().optional(),
  /** Service whose process was altered, and the one that was named first. */
  expected: z.string().optional(),
  named: z.string().optional(),
  /** Seconds from the start of the demo. */
  injectedAfter: z.number().optional(),
  namedAfter: z.number().optional(),
  requests: z.int().optional(),
});

/** A run of `npm run accept`. */
export const acceptanceSchema = z.object({
  seed: z.int(),
  node: z.string(),
  cpus: z.int(),
  /** Rounds that named the right service first, of so many. */
  right: z.int(),
  total: z.int(),
  passed: z.boolean(),
  rounds: z.array(roundSchema),
  /** The stretch without a fault, if there was one. */
  quiet: roundSchema.extend({ minutes: z.number() }).optional(),
});
export type Acceptance = z.infer<typeof acceptanceSchema>;
