import { z } from 'zod';
import { scorerNames } from '../calibration/combination';
import { rowModelNames } from '../row-model';

const p = z.number().min(0).max(1);
const score = z.number().min(0);

/** What the learned models say of one trace, with all that it follows from: small enough for a verdict. */
export const learnedScoreSchema = z.object({
  /** Version of the models. */
  version: z.string().min(1).max(128),
  /** Key of the operation where the trace entered, by which it was calibrated. */
  entry: z.string().max(16_384),
  /** [column, value] of the features that the trace has. */
  features: z.array(z.tuple([z.number().int().min(0), z.number()])).max(1024),
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
