import { z } from 'zod';

const seconds = (fallback: number) => z.coerce.number().min(0).default(fallback);
const count = (fallback: number) => z.coerce.number().int().min(1).default(fallback);

/** Settings of the learner, from the environment. Defaults are for production; `LEARN_*` of seconds suit a laptop. */
export const learnerConfigSchema = z.object({
  LEARN_SETTLE_WINDOWS: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('First windows with traffic that are not learnt: compilers and caches are cold, and clients connect'),
  LEARN_MIN_WINDOWS: count(30).describe('Windows with traffic before the first profile'),
  LEARN_MIN_TRACES: count(1000).describe('Traces before the first profile'),
  LEARN_INTERVAL_SECONDS: seconds(3600).describe(
    'Longest event time between two profiles; early ones follow each doubling',
  ),
  LEARN_HOLDBACK_SECONDS: seconds(900).describe('Age at which a window is learnt, so that an incident in it is known'),
  LEARN_MAX_WAIT_SECONDS: seconds(1800).describe(
    'Age beyond the holdback at which a window is left out because root cause has still not looked at it',
  ),
  LEARN_ACTIVATION_SECONDS: seconds(60).describe('Event time between making a profile and judging by it'),
  LEARN_BLOCK_SECONDS: z.coerce
    .number()
    .positive()
    .default(60)
    .describe('Stretch of event time between which shares are compared to learn how they vary'),
  LEARN_HALF_LIFE_SECONDS: z.coerce
    .number()
    .positive()
    .default(7 * 86_400)
    .describe('Age at which a window counts half'),
  LEARN_INCIDENT_MAX_SECONDS: seconds(21_600).describe('Age at which an incident still open has become the new normal'),
  LEARN_MAX_OPERATIONS: count(20_000).describe('Operations in a profile; the rarest are left out'),
  LEARN_MAX_EDGES: count(50_000).describe('Edges in a profile; the rarest are left out'),
  LEARN_ALPHA: z.coerce.number().positive().max(0.5).default(0.01).describe('Spans with a p up to it exceed'),
  LEARN_MIN_SUPPORT: count(20).describe('Observations below which an operation abstains'),
  LEARN_ALARM_RATE: z.coerce
    .number()
    .positive()
    .max(0.5)
    .default(0.001)
    .describe('Share of normal traces called anomalous'),
});

export interface LearnerConfig {
  readonly settleWindows: number;
  readonly minWindows: number;
  readonly minTraces: number;
  readonly intervalMs: number;
  readonly holdbackMs: number;
  readonly maxWaitMs: number;
  readonly activationMs: number;
  readonly blockMs: number;
  readonly halfLifeMs: number;
  readonly incidentMaxMs: number;
  readonly maxOperations: number;
  readonly maxEdges: number;
  readonly alpha: number;
  readonly minSupport: number;
  readonly alarmRate: number;
}

/** @throws {z.ZodError} naming each variable that cannot be read */
export function learnerConfig(env: Readonly<Record<string, string | undefined>>): LearnerConfig {
  const parsed = learnerConfigSchema.parse(env);
  return {
    settleWindows: parsed.LEARN_SETTLE_WINDOWS,
    minWindows: parsed.LEARN_MIN_WINDOWS,
    minTraces: parsed.LEARN_MIN_TRACES,
    intervalMs: parsed.LEARN_INTERVAL_SECONDS * 1000,
    holdbackMs: parsed.LEARN_HOLDBACK_SECONDS * 1000,
    maxWaitMs: parsed.LEARN_MAX_WAIT_SECONDS * 1000,
    activationMs: parsed.LEARN_ACTIVATION_SECONDS * 1000,
    blockMs: parsed.LEARN_BLOCK_SECONDS * 1000,
    halfLifeMs: parsed.LEARN_HALF_LIFE_SECONDS * 1000,
    incidentMaxMs: parsed.LEARN_INCIDENT_MAX_SECONDS * 1000,
    maxOperations: parsed.LEARN_MAX_OPERATIONS,
    maxEdges: parsed.LEARN_MAX_EDGES,
    alpha: parsed.LEARN_ALPHA,
    minSupport: parsed.LEARN_MIN_SUPPORT,
    alarmRate: parsed.LEARN_ALARM_RATE,
  };
}
