import { z } from 'zod';
import { learnedVerdictSchema } from './learned-score';
import { sourceSchema } from './window-stats';

const text = z.string().max(4096);

/** Ways in which a span or a call can be improbable. */
export const findingKinds = ['self-time', 'gap', 'error', 'missing-call', 'extra-calls', 'new-call'] as const;

/** One improbable thing in a trace, with the numbers that make it so: enough to compute it again. */
export const findingSchema = z.object({
  kind: z.enum(findingKinds),
  /** Service key of the span, for calls of the caller. */
  service: text,
  operation: text,
  /** Hexadecimal. */
  spanId: z.string().max(16),
  /** Called service or peer, for findings about calls. */
  callee: text.optional(),
  calleeOperation: text.optional(),
  /** Milliseconds for times, calls for fan-out, 0 or 1 for errors. */
  value: z.number(),
  /** Median, or rate, in the profile. */
  expected: z.number(),
  /** 99th percentile in the profile; equals `expected` for rates. */
  upper: z.number(),
  /** Probability of a value at least this far out under the profile. */
  p: z.number().min(0).max(1),
});
export type Finding = z.infer<typeof findingSchema>;

/** Judgement on one anomalous trace; identified by (trace id, revision). */
export const verdictSchema = z.object({
  schema: z.literal(1),
  tenant: z.string().max(256),
  source: sourceSchema,
  /** 32 hexadecimal digits. */
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  revision: z.number().int().min(1),
  /** Milliseconds since the epoch. */
  eventTimeMs: z.number(),
  entryService: text,
  entryOperation: text,
  /** From the first span's start to the last one's end. */
  durationMs: z.number().min(0),
  spanCount: z.number().int().min(1),
  failed: z.boolean(),
  /** −ln p of the finding that decided, corrected for the number of tests; of the learned models where they alone did. */
  score: z.number(),
  /** What the score was compared with: the bundle's for the entry operation, −ln α for errors, or −ln of the models' alarm rate. */
  threshold: z.number(),
  /** Version of the bundle that judged; every number here follows from it and the trace. */
  bundle: text,
  /** Where the whole trace is, absent when it is stored in no bucket. */
  object: z.object({ bucket: text, key: text }).optional(),
  /** Keys of all services in the trace. */
  services: z.array(text).max(1024),
  /** This revision turned out normal: takes back the verdict on the one before. */
  withdrawn: z.literal(true).optional(),
  /** Least probable first. */
  findings: z.array(findingSchema).max(32),
  /** What the learned models say that judge the trace; absent while none do. */
  learned: learnedVerdictSchema.optional(),
});
export type Verdict = z.infer<typeof verdictSchema>;

export function encodeVerdict(verdict: Verdict): Uint8Array {
  return Buffer.from(JSON.stringify(verdict));
}

/** @throws {z.ZodError | SyntaxError} when the bytes are no verdict */
export function decodeVerdict(bytes: Uint8Array): Verdict {
  return verdictSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}
