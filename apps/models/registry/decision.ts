import { z } from 'zod';
import { registeredVersionSchema } from './version';

/** `champion` decides; `challenger` does so beside it for a share of the traces. */
export const roles = ['champion', 'challenger'] as const;
export type Role = (typeof roles)[number];

const version = registeredVersionSchema.shape.version;
/** One line; all of a decision fits into a parameter of MLflow, 6,000 characters. */
const words = z.string().regex(/^[^\p{Cc}]{1,300}$/u, 'give one line of at most 300 characters');

const common = {
  /** Random, so that two who decide the same can be told apart. */
  id: z.string().min(8).max(64),
  /** Who decided, and when. */
  by: words,
  atMs: z.number().int(),
  /** Event time from which it holds, milliseconds since the epoch. */
  effectiveFromMs: z.number().int(),
};

/** Who serves, as people decided it one after another. What is served follows from all decisions, see `standingOf`. */
export const decisionSchema = z.discriminatedUnion('kind', [
  z.object({
    ...common,
    kind: z.literal('approve'),
    version,
    as: z.enum(roles),
    /** Of traces, for a challenger. */
    share: z.number().gt(0).lt(1).optional(),
    /** Why it was approved although it is worse, and in what it is. */
    despite: words.optional(),
    objections: z.array(z.string().max(250)).max(6).optional(),
  }),
  z.object({
    ...common,
    kind: z.literal('roll-back'),
    from: version,
    /** The champion before; absent where there was none, so that the profile decides alone. */
    to: version.optional(),
  }),
  z.object({ ...common, kind: z.literal('withdraw'), version }),
]);
export type Decision = z.infer<typeof decisionSchema>;
export type Approval = Extract<Decision, { kind: 'approve' }>;
