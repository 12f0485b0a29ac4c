import { z } from 'zod';

const seconds = (fallback: number) => z.coerce.number().positive().default(fallback);
const count = (fallback: number) => z.coerce.number().int().min(1).default(fallback);
const share = (fallback: number) => z.coerce.number().min(0).max(1).default(fallback);

/** Settings of the worker, from the environment. */
export const rootCauseConfigSchema = z.object({
  WATCH_SETTLED_BLOCKS: count(25).describe(
    'Minutes (LEARN_BLOCK_SECONDS) with traffic from which it is known how failures come; before, only gross ones open an incident',
  ),
  RESOLVE_AFTER_SECONDS: seconds(60).describe(
    'Time without anything that stands out after which an incident is resolved',
  ),
  CRITICAL_SHARE: share(0.25).describe('Share of the traces of an entry, failed or anomalous, that is critical'),
  HIGH_SHARE: share(0.05).describe('Share from which severity is high'),
  HISTORY_WINDOWS: z.coerce
    .number()
    .int()
    .min(36)
    .max(500)
    .default(48)
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
  readonly settledBlocks: number;
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
    settledBlocks: parsed.WATCH_SETTLED_BLOCKS,
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
