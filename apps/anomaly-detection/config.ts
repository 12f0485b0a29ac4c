import { bufferBytes } from '@plumbline/worker';
import { z } from 'zod';

const count = (fallback: number) => z.coerce.number().int().min(1).default(fallback);

/** Settings of the worker, from the environment. */
export const detectionConfigSchema = z.object({
  WINDOW_SECONDS: z.coerce.number().positive().default(10).describe('Length of a statistics window, event time'),
  TRACE_SCORE_THRESHOLD: z.coerce
    .number()
    .optional()
    .describe('Score from which a trace is anomalous, instead of the bundle’s; 0 or less stores every trace'),
  MAX_FINDINGS: z.coerce
    .number()
    .int()
    .min(1)
    .max(32)
    .default(16)
    .describe('Findings in a verdict, least probable first'),
  REMEMBER_SECONDS: z.coerce
    .number()
    .positive()
    .default(600)
    .describe('Record time for which repetitions are recognized; commits lag by as much'),
  MAX_REMEMBERED_BYTES: z.coerce
    .number()
    .int()
    .min(1024 * 1024)
    .optional()
    .describe(
      'What recognizing repetitions takes at most, of all partitions: a third of the memory limit. Beyond it less than REMEMBER_SECONDS is remembered',
    ),
  BUNDLE_POLL_SECONDS: z.coerce.number().positive().default(3).describe('How often the pointer to bundles is read'),
  OBJECTS_PER_MINUTE: count(60).describe(
    'Traces of one entry operation and kind of finding that get an object of their own in a minute; the rest share one',
  ),
  MAX_TENANTS: count(256).describe('Tenants that quiet partitions speak for'),
});

export interface DetectionConfig {
  readonly windowMs: number;
  readonly traceScoreThreshold: number | undefined;
  readonly maxFindings: number;
  readonly rememberMs: number;
  /** Of all partitions. */
  readonly maxRememberedBytes: number;
  readonly bundlePollMs: number;
  readonly objectsPerMinute: number;
  readonly maxTenants: number;
}

/** @throws {z.ZodError} naming each variable that cannot be read */
export function detectionConfig(env: Readonly<Record<string, string | undefined>>): DetectionConfig {
  const parsed = detectionConfigSchema.parse(env);
  return {
    windowMs: Math.round(parsed.WINDOW_SECONDS * 1000),
    traceScoreThreshold: parsed.TRACE_SCORE_THRESHOLD,
    maxFindings: parsed.MAX_FINDINGS,
    rememberMs: parsed.REMEMBER_SECONDS * 1000,
    maxRememberedBytes: parsed.MAX_REMEMBERED_BYTES ?? bufferBytes(1 / 3),
    bundlePollMs: parsed.BUNDLE_POLL_SECONDS * 1000,
    objectsPerMinute: parsed.OBJECTS_PER_MINUTE,
    maxTenants: parsed.MAX_TENANTS,
  };
}
