import { join } from 'node:path';
import { z } from 'zod';
import { baselines } from './baselines';
import { simulationSets } from './simulations';
import { modelScorers } from './model-scorers';
import { systems } from './streams';

/** Where the committed result lies in the repository. */
export const qualityFile = join('bench', 'results', 'quality.json');

/** What can be measured by itself. */
export const parts = ['streams', 'simulator', 'days', 'rank', 'traces', 'models', 'one-trace'] as const;
export type Part = (typeof parts)[number];

/** JSON has no NaN: a mean of nothing is `null` there. */
const number = z
  .number()
  .nullable()
  .transform((value) => value ?? NaN);
const seconds = z.number().optional();

export const figureSchema = z.object({ value: number, low: number, high: number });

const summarySchema = z.object({
  cases: z.int(),
  foundCases: z.int(),
  rightCases: z.int(),
  found: figureSchema,
  ac1: figureSchema,
  ac3: figureSchema,
  mrr: figureSchema,
  rightOfFound: figureSchema,
  macroAc1: figureSchema,
  /** Medians in seconds from the injection. */
  openedAfter: seconds,
  namedAfter: seconds,
});

const alarmsSchema = z.object({
  falseAlarms: z.int(),
  /** Of those, open for more than ten minutes. */
  lasting: z.int(),
  /** Incidents of a fault still open ten minutes after it. */
  stuck: z.int(),
  quietMinutes: z.number(),
});

const kindSchema = z.object({ kind: z.string(), cases: z.int(), found: z.int(), right: z.int() });

const reliability = { claims: z.int(), said: number, right: number };
const calibrationSchema = z.object({
  bins: z.array(z.object({ from: z.number(), to: z.number(), ...reliability })),
  confident: z.object(reliability),
  brier: number,
});

const streamSchema = z.object({
  system: z.enum(systems),
  seed: z.int(),
  summary: summarySchema,
  kinds: z.array(kindSchema),
  alarms: alarmsSchema,
});

const streamsSchema = z.object({
  /** A stream a system and seed. */
  runs: z.array(streamSchema),
  /** Both systems together, a seed each. */
  seeds: z.array(z.object({ seed: z.int(), summary: summarySchema, alarms: alarmsSchema })),
  calibration: calibrationSchema,
});

const simulatorSchema = z.object({
  sets: z.array(
    z.object({
      set: z.enum(simulationSets),
      profile: z.string(),
      systems: z.int(),
      spans: z.int(),
      all: summarySchema.optional(),
      /** Faults that an oracle told of culprit and time can see. */
      visible: summarySchema.optional(),
      /** Of the visible ones. */
      kinds: z.array(kindSchema),
      alarms: alarmsSchema,
      /** The same in the runs with the lowest seeds, as many as make eight hours. */
      eightHours: z.object({ falseAlarms: z.int(), quietMinutes: z.number() }),
      /** AC@1 of the baselines on visible faults, told the windows; none may exceed .8. */
      baselines: z.array(z.object({ baseline: z.enum(baselines), ac1: number })),
    }),
  ),
  /** Two faults at once, of which each alone is named right: how many there are, and how many have both in the first three. */
  pairs: z.object({ pairs: z.int(), both: z.int() }).optional(),
  /** On families that nothing was fitted on. */
  calibration: calibrationSchema,
});

/** Whole days of traffic in which nothing breaks. */
const daysSchema = z.object({ systems: z.int(), spans: z.int(), alarms: alarmsSchema });

const toldSchema = z.object({
  scores: z.array(
    z.object({
      system: z.enum(systems),
      ranker: z.enum(['plumbline', ...baselines]),
      cases: z.int(),
      ac1: figureSchema,
      ac3: figureSchema,
      mrr: figureSchema,
    }),
  ),
  differences: z.array(z.object({ baseline: z.enum(baselines), ac1: figureSchema, mrr: figureSchema })),
  cases: z.array(z.object({ caseId: z.string(), service: z.string(), ranking: z.array(z.string()) })),
});

const discrimination = { positives: z.int(), negatives: z.int(), auc: number, recall: number };
const tracesSchema = z.array(
  z.object({ system: z.enum(systems), ...discrimination, exposedOnly: z.object(discrimination) }),
);

const oneTraceSchema = z.array(
  z.object({
    set: z.enum(['fit', 'unseen']),
    draws: z.int(),
    right: z.int(),
    /** What one gets who knows by how much the service is delayed and how its own times are spread, but not which it is. */
    oracle: z.int(),
    /** Draws that were answered wrongly. */
    misses: z.array(z.object({ system: z.string(), draw: z.int(), slow: z.string(), ranking: z.array(z.string()) })),
  }),
);

const modelsSchema = z.array(
  z.object({
    system: z.enum(systems),
    normalTraces: z.int(),
    faults: z.int(),
    seeds: z.int(),
    scorers: z.array(
      z.object({ scorer: z.enum(modelScorers), auc: number, recall: number, gain: number, gainLowerBound: number }),
    ),
  }),
);

const runSchema = z.object({
  command: z.string(),
  /** Of the code that was measured. */
  commit: z.string(),
  node: z.string(),
  cpus: z.int(),
  seed: z.int(),
  seconds: z.number(),
  /** What of it is in the result. */
  parts: z.array(z.enum(parts)),
});

/** What was measured, by one run of the bench or several; a part that was not asked for is absent. */
export const qualitySchema = z.object({
  runs: z.array(runSchema).min(1),
  full: z.boolean(),
  streams: streamsSchema.optional(),
  simulator: simulatorSchema.optional(),
  days: daysSchema.optional(),
  rank: toldSchema.optional(),
  traces: tracesSchema.optional(),
  models: modelsSchema.optional(),
  oneTrace: oneTraceSchema.optional(),
  goals: z.array(z.object({ goal: z.string(), needed: z.string(), reached: z.string(), met: z.boolean() })),
});
export type Quality = z.infer<typeof qualitySchema>;
export type QualityRun = Quality['runs'][number];
/** Before it is compared with the goals. */
export type Measured = Omit<Quality, 'goals'>;
export type StreamsResult = z.infer<typeof streamsSchema>;
export type SimulatorResult = z.infer<typeof simulatorSchema>;
export type DaysResult = z.infer<typeof daysSchema>;
export type ToldResult = z.infer<typeof toldSchema>;
export type TracesResult = z.infer<typeof tracesSchema>;
export type ModelsResult = z.infer<typeof modelsSchema>;
export type OneTraceResult = z.infer<typeof oneTraceSchema>;
export type SummaryResult = z.infer<typeof summarySchema>;
export type AlarmsResult = z.infer<typeof alarmsSchema>;
export type KindResult = z.infer<typeof kindSchema>;
export type Goal = Quality['goals'][number];
