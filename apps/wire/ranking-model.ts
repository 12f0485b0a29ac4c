import { z } from 'zod';

const calibrationSchema = z.array(z.tuple([z.number(), z.number()])).max(256);

/**
 * What makes confidences of the features of services: a linear score, a softmax with "unknown" among the services, and a calibration.
 * What each number does is said where they are used, in the ranking of root cause.
 */
export const rankingModelSchema = z.object({
  name: z.string().min(1).max(64),
  weights: z.object({
    self: z.number(),
    inbound: z.number(),
    outbound: z.number(),
    behaviour: z.number(),
    calling: z.number(),
    stopped: z.number(),
  }),
  withoutShare: z.number().min(0).max(1),
  unknown: z.number(),
  temperature: z.number().positive(),
  calibration: calibrationSchema,
  /** Answers of people that the calibration was learnt from; absent where it was not learnt. */
  answers: z.number().int().min(1).optional(),
  /** What takes the place of both for a tenant whose people answered enough. */
  tenants: z
    .record(z.string(), z.object({ answers: z.number().int().min(1), calibration: calibrationSchema }))
    .optional(),
});
