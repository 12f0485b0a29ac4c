import { join } from 'node:path';
import { z } from 'zod';

/** Where the result lies in the repository. */
export const checkFile = join('bench', 'results', 'check.json');

/** Least share of the faults that are found as a check said. */
export const neededShare = 0.8;

const sizeSchema = z.union([z.object({ addedMs: z.number() }), z.object({ share: z.number() })]);

const faultSchema = z.object({
  /** Which shop had it, from 1. */
  shop: z.int(),
  /** As the check calls it. */
  kind: z.string(),
  service: z.string(),
  of: z.string().optional(),
  /** Smallest size that the check said is found within a minute and named right. */
  size: sizeSchema,
  /** As the shop calls it. */
  fault: z.string(),
  asSaid: z.boolean(),
  /** Seconds to the incident, if it opened within a minute, and if it opened later. */
  afterSeconds: z.number().optional(),
  lateSeconds: z.number().optional(),
  /** Service named first. */
  named: z.string().optional(),
  /** Whether an incident was still open when it began. */
  alongside: z.boolean(),
});
export type CheckedFault = z.infer<typeof faultSchema>;

/** A run of `npm run bench:check`. */
export const checkSchema = z.object({
  command: z.string(),
  seed: z.int(),
  node: z.string(),
  cpus: z.int(),
  /** Runnable tasks per CPU while faults were on, mean: above one the shops waited for the machine. */
  loadPerCpu: z.number(),
  shops: z.int(),
  /** Requests a second of each shop. */
  rate: z.number(),
  /** Normal traffic that the checks had, of each shop. */
  normalMinutes: z.number(),
  /** How long each fault was on. */
  brokenSeconds: z.number(),
  asSaid: z.int(),
  total: z.int(),
  passed: z.boolean(),
  faults: z.array(faultSchema),
  quiet: z.object({ minutes: z.number(), falseAlarms: z.int() }),
  /** What the checks told of and no shop was broken by. */
  leftAside: z.array(
    z.object({ kind: z.string(), service: z.string(), of: z.string().optional(), reason: z.string() }),
  ),
});
export type CheckResult = z.infer<typeof checkSchema>;
