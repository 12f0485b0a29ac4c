import { z } from 'zod';

const seconds = (fallback: number) => z.coerce.number().positive().default(fallback);
const count = (fallback: number) => z.coerce.number().int().min(1).default(fallback);
const share = (fallback: number) => z.coerce.number().min(0).max(1).default(fallback);

/** Settings of the worker, from the environment. */
export const rootCauseConfigSchema = z.object({
  FALSE_INCIDENTS_PER_DAY: z.coerce
    .number()
    .positive()
    .max(1000)
    .default(0.5)
    .describe('Incidents a day that may open by chance, over everything that is watched of a tenant'),
  OPEN_AFTER_SECONDS: seconds(15).describe(
    'Shortest stretch of anomalous windows that opens an incident; pauses of collectors and compilers are shorter',
  ),
  OPEN_MIN_TRACES: count(5).describe('Fewest anomalous traces that open an incident'),
  OPEN_MIN_SHARE: share(0.02).describe(
    'Least share of traces that are anomalous where an incident is opened for time or calls; failures need none',
  ),
  OPEN_MIN_EFFECT: z.coerce
    .number()
    .positive()
    .default(0.2)
    .describe('Least relative change of a time or of a number of calls that opens an incident'),
  OPEN_MIN_TIME_MS: z.coerce
    .number()
    .min(0)
    .default(10)
    .describe('Least rise of a time, at its median or 95th percentile, that opens an incident, whatever its ratio'),
  RESOLVE_AFTER_SECONDS: seconds(180).describe('Quiet time with traffic after which an incident is resolved'),
  CRITICAL_SHARE: share(0.25).describe('Share of the traces of an entry, failed or anomalous, that is critical'),
  HIGH_SHARE: share(0.05).describe('Share from which severity is high'),
  HISTORY_WINDOWS: z.coerce
    .number()
    .int()
    .min(6)
    .max(500)
    .default(24)
    .describe('Windows that decisions look back on; a restart reads as many again'),
  REFRESH_WINDOWS: count(12).describe(
    'Windows after which an open incident without news is published with new numbers',
  ),
  VERDICT_PATIENCE_SECONDS: seconds(30).describe('How long a window waits for verdicts that were announced'),
  MAX_REPLAY_SECONDS: seconds(1800).describe('How far back a restart reads for the sake of incidents still open'),
  CATCH_UP_SECONDS: seconds(600).describe('Time between scans of the anomaly bucket for what no verdict told of'),
});

/** Settings of root-cause analysis. */
export interface RootCauseConfig {
  readonly falseIncidentsPerDay: number;
  readonly openAfterMs: number;
  readonly openMinTraces: number;
  readonly openMinShare: number;
  readonly openMinEffect: number;
  readonly openMinTimeMs: number;
  readonly resolveAfterMs: number;
  readonly criticalShare: number;
  readonly highShare: number;
  readonly historyWindows: number;
  readonly refreshWindows: number;
  readonly verdictPatienceMs: number;
  readonly maxReplayMs: number;
  readonly catchUpMs: number;
}

/** @throws {z.ZodError} naming each variable that cannot be read */
export function rootCauseConfig(env: Readonly<Record<string, string | undefined>>): RootCauseConfig {
  const parsed = rootCauseConfigSchema.parse(env);
  return {
    falseIncidentsPerDay: parsed.FALSE_INCIDENTS_PER_DAY,
    openAfterMs: parsed.OPEN_AFTER_SECONDS * 1000,
    openMinTraces: parsed.OPEN_MIN_TRACES,
    openMinShare: parsed.OPEN_MIN_SHARE,
    openMinEffect: parsed.OPEN_MIN_EFFECT,
    openMinTimeMs: parsed.OPEN_MIN_TIME_MS,
    resolveAfterMs: parsed.RESOLVE_AFTER_SECONDS * 1000,
    criticalShare: parsed.CRITICAL_SHARE,
    highShare: parsed.HIGH_SHARE,
    historyWindows: parsed.HISTORY_WINDOWS,
    refreshWindows: parsed.REFRESH_WINDOWS,
    verdictPatienceMs: parsed.VERDICT_PATIENCE_SECONDS * 1000,
    maxReplayMs: parsed.MAX_REPLAY_SECONDS * 1000,
    catchUpMs: parsed.CATCH_UP_SECONDS * 1000,
  };
}
