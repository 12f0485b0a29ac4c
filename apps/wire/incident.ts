import { z } from 'zod';

const text = z.string().max(4096);

/** What an incident says of one service, with numbers from before and now. */
export const evidenceSchema = z.object({
  /** `self-time`, `gap`, `callee-time`, `error-origin`, `missing-call`, `extra-calls`, `stopped` … of traces; other sources have their own. */
  kind: z.string().min(1).max(64),
  /** Where it comes from: `traces`, or another signal. */
  source: z.string().min(1).max(64).default('traces'),
  service: text,
  operation: text,
  /** Other end, for evidence about calls. */
  callee: text.optional(),
  /** What is measured: `self time p95`, `error rate`, `calls per request`, `time between caller and callee p95` … */
  signal: text,
  unit: z.enum(['ms', 'share', 'calls', 'score']),
  before: z.number(),
  now: z.number(),
  /** 5th and 95th percentile of normal, where the signal is a distribution. */
  normalLow: z.number().optional(),
  normalHigh: z.number().optional(),
  /** Observations behind `now`. */
  spans: z.number(),
  /** Log-likelihood ratio or its like: how strongly it speaks for the service; negative speaks against. */
  weight: z.number(),
  /** One plain sentence. */
  sentence: text,
});
export type Evidence = z.infer<typeof evidenceSchema>;

export const causeSchema = z.object({
  service: text,
  /** Share of belief among the candidates and "unknown", 0 to 1. Not a calibrated probability unless `calibrated`. */
  confidence: z.number().min(0).max(1),
  calibrated: z.boolean(),
  /** Confidence before calibration; absent where there was none. */
  computed: z.number().min(0).max(1).optional(),
  /** Answers of people that the calibration was learnt from. */
  answers: z.number().int().min(1).optional(),
  /** `its own time rose`, `it fails`, `it no longer calls shipping` … */
  change: text,
  /** Strongest first. */
  evidence: z.array(evidenceSchema).max(16),
  /** What speaks against it, plain sentences. */
  against: z.array(text).max(8),
  /** Every signal's weight in the ranking, by name. */
  signals: z.record(z.string(), z.number()),
});
export type Cause = z.infer<typeof causeSchema>;

/** A service in the ranking of an incident, whether or not it is claimed to be a cause. */
export const rankedSchema = z.object({
  service: text,
  /** Share of belief among the candidates and "unknown", 0 to 1. */
  confidence: z.number().min(0).max(1),
  /** Evidence in natural logarithms of likelihood. */
  score: z.number(),
  /** What is known of it, by name of the feature: what the score is computed from. Absent in records of earlier versions. */
  features: z
    .record(z.string().max(64), z.number())
    .refine((features) => Object.keys(features).length <= 32, 'at most 32 features')
    .optional(),
});
export type Ranked = z.infer<typeof rankedSchema>;

export const exemplarSchema = z.object({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  entryService: text,
  entryOperation: text,
  eventTimeMs: z.number(),
  durationMs: z.number(),
  score: z.number(),
  failed: z.boolean(),
  object: z.object({ bucket: text, key: text }).optional(),
});
export type Exemplar = z.infer<typeof exemplarSchema>;

export const incidentSchema = z.object({
  /** 2 since there is a ranking; records of version 1 are read. */
  schema: z.union([z.literal(1), z.literal(2)]),
  /** Follows from tenant, first window and what opened it: the same input gives the same id. */
  id: z.string().regex(/^[0-9a-f]{12}$/),
  tenant: z.string().max(256),
  /** Rises with each published change. */
  revision: z.number().int().min(1),
  state: z.enum(['open', 'resolved']),
  severity: z.enum(['critical', 'high', 'low']),
  /** Value of `deployment.environment.name` of most affected services, empty when none is given. */
  environment: text,
  /** `High latency in gateway` … */
  title: text,
  /** Event times, milliseconds since the epoch: first anomalous window; end of the window that decided; last window seen. */
  startedAtMs: z.number(),
  openedAtMs: z.number(),
  throughMs: z.number(),
  resolvedAtMs: z.number().optional(),
  /** Best first; empty means no clear cause. */
  causes: z.array(causeSchema).max(10),
  /** Everybody who may be the cause, best first, whatever is claimed. */
  ranking: z.array(rankedSchema).max(64).default([]),
  /** With the ranking and the bundle enough to compute every confidence again. Absent in records of earlier versions. */
  reckoning: z
    .object({
      /** Name of the model that ranked; its numbers are in the bundle. */
      model: text,
      /** Belief that it is nobody in the ranking nor among the others. */
      unknown: z.number().min(0).max(1),
      /** Services that are not in the ranking, and the score of one that would weigh as much as all of them. */
      others: z.object({ services: z.number().int().min(1), score: z.number() }).optional(),
    })
    .optional(),
  /** Service keys with symptoms, strongest first. */
  affected: z.array(text).max(256),
  /** Service keys from the entry to the first cause. */
  path: z.array(text).max(64),
  /** Traces that show it, worst first. */
  traces: z.array(exemplarSchema).max(20),
  /** Since the start. */
  anomalousTraces: z.number(),
  totalTraces: z.number(),
  failedTraces: z.number(),
  /** Known blindness, plain sentences: `4 % of spans have a parent that never came`. */
  notSeen: z.array(text).max(16),
  bundle: text,
  /** Wall clock of the worker that published this, milliseconds since the epoch; no decision depends on it. */
  publishedAtMs: z.number(),
});
/** State of an incident; the newest revision of an id is the truth. */
export type Incident = z.infer<typeof incidentSchema>;

export function encodeIncident(incident: Incident): Uint8Array {
  return Buffer.from(JSON.stringify(incident));
}

/** @throws {z.ZodError | SyntaxError} when the bytes are no incident */
export function decodeIncident(bytes: Uint8Array): Incident {
  return incidentSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}
