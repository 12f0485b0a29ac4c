import type { Environment } from '@plumbline/worker';
import { z } from 'zod';
import { defaultDrift, type DriftMonitorOptions } from './drift-monitor';

/** Settings of whoever watches for drift. */
export const driftSettings = z.object({
  DRIFT_STRETCH_SECONDS: z.coerce
    .number()
    .min(60)
    .max(7 * 86_400)
    .default(defaultDrift.stretchMs / 1000)
    .describe('Stretch of event time whose traces are compared with those of the training; two in a row have to drift'),
  DRIFT_MIN_TRACES: z.coerce
    .number()
    .int()
    .min(100)
    .default(defaultDrift.leastTraces)
    .describe('Traces of a stretch and worker below which nothing is compared'),
});

/** @throws {z.ZodError} naming each variable that cannot be read */
export function driftConfig(environment: Environment): Pick<DriftMonitorOptions, 'stretchMs' | 'leastTraces'> {
  const { DRIFT_STRETCH_SECONDS, DRIFT_MIN_TRACES } = driftSettings.parse(environment);
  return { stretchMs: DRIFT_STRETCH_SECONDS * 1000, leastTraces: DRIFT_MIN_TRACES };
}
