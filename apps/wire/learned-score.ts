import { z } from 'zod';

/** What a set of learned models consists of. */
export const rowModelNames = ['autoencoder', 'isolation-forest', 'paths'] as const;
/** Whose scores are combined: the profile's and those of the learned models. */
export const scorerNames = ['profile', ...rowModelNames] as const;

const name = z.string().min(1).max(128);
const p = z.number().min(0).max(1);
const score = z.number().min(0);
/** [column, value] of the features that a trace has. */
const features = z.array(z.tuple([z.number().int().min(0), z.number()])).max(1024);

/** What the learned models say of one trace, with all that it follows from: small enough for a verdict. */
export const learnedScoreSchema = z.object({
  /** Version of the models. */
  version: name,
  /** Key of the operation where the trace entered, by which it was calibrated. */
  entry: z.string().max(16_384),
  features,
  /** Score of the profile as the models take it, `profileScore`. */
  profile: score,
  /** Score of each model. */
  scores: z.partialRecord(z.enum(rowModelNames), score),
  /** p of each scorer that is calibrated. */
  p: z.partialRecord(z.enum(scorerNames), p),
  /** p of the most unusual of them, calibrated again. */
  combinedP: p,
  /** −ln of it; above what p can tell it goes on rising. */
  score,
  /** `combinedP` is at most the alarm rate of the version. Whether that decides is said by the version's role. */
  exceeds: z.boolean(),
});
export type LearnedScore = z.infer<typeof learnedScoreSchema>;

/** What the models that judge a trace say of it, in its verdict. */
export const learnedVerdictSchema = learnedScoreSchema.extend({
  /** `challenger` for the share of traces that it judges. */
  role: z.enum(['champion', 'challenger']),
  /** The trace is anomalous for this reason alone: to the profile it is normal. */
  decided: z.boolean(),
});
export type LearnedVerdict = z.infer<typeof learnedVerdictSchema>;

/** Features of a trace as they are stored with its spans. */
const storedFeaturesSchema = z.object({
  /** Hash of the schema that says what the columns are. */
  schema: z.string().max(64),
  /** Version of the models that they were read for. */
  version: name,
  /** Version of the profile that they were measured against. */
  profile: z.string().max(4096),
  features,
});
export type StoredFeatures = z.infer<typeof storedFeaturesSchema>;

/** The same text for the same features. */
export function encodeStoredFeatures({ schema, version, profile, features: values }: StoredFeatures): string {
  return JSON.stringify({ schema, version, profile, features: values });
}

/** @throws {z.ZodError | SyntaxError} when the text is something else */
export function decodeStoredFeatures(text: string): StoredFeatures {
  return storedFeaturesSchema.parse(JSON.parse(text));
}
