import { readFileSync } from 'node:fs';
import { z } from 'zod';

const faultSchema = z.object({
  service: z.string(),
  fault: z.string(),
  size: z.string().optional(),
  magnitude: z.number().optional(),
  onset: z.string().optional(),
  /** Names that are as right as `service`. */
  accept: z.array(z.string()).optional(),
});

const caseSchema = faultSchema.extend({
  case_id: z.string(),
  start_us: z.number(),
  inject_us: z.number(),
  end_us: z.number(),
  depth: z.number().optional(),
  /** A second fault at the same time. */
  also: faultSchema.optional(),
  /** Whether an oracle that knows culprit and time can see it; fixed before anything is judged. */
  visible: z.boolean().optional(),
});

/** What is in a stream, as `stream.py` and the simulator write it; times are microseconds since the epoch of the stream. */
export const planSchema = z.object({
  system: z.string(),
  family: z.string().optional(),
  profile: z.string().optional(),
  /** Whole length. */
  minutes: z.number(),
  cases: z.array(caseSchema),
});
export type Plan = z.infer<typeof planSchema>;
export type PlannedCase = Plan['cases'][number];

/** Every name that answers a fault rightly. */
export function rightNames({ service, accept = [] }: Pick<PlannedCase, 'service' | 'accept'>): ReadonlySet<string> {
  return new Set([service, ...accept]);
}

/** @throws {z.ZodError | SyntaxError} when the file is no plan */
export function readPlan(file: string): Plan {
  return planSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** Minutes in which nothing is broken. */
export function quietMinutes({ minutes, cases }: Plan): number {
  return minutes - cases.reduce((sum, each) => sum + Math.floor((each.end_us - each.start_us) / 60_000_000), 0);
}
