import { z } from 'zod';
import { rowModelNames } from './row-model';

const name = z.string().min(1).max(128);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Name under which the models of traces are registered, and the folder of their versions in the model store. */
export const traceModelName = 'trace-anomaly';
/** File of a version that names all others; written last, so that a version with it is whole. */
export const manifestFile = 'manifest.json';

/** How well a scorer told faulty traces from normal ones at the alarm budget, on traces that nothing was learnt from. */
const figuresSchema = z.object({
  precision: z.number().min(0).max(1),
  recall: z.number().min(0).max(1),
  f1: z.number().min(0).max(1),
  /** Area under the ROC curve. */
  auc: z.number().min(0).max(1),
});
export type ScorerFigures = z.infer<typeof figuresSchema>;

/** What is said of a version of the learned models: where it comes from, what it is worth, and a hash of each of its files. */
export const modelManifestSchema = z.object({
  schema: z.literal(1),
  model: name,
  /** Rising number and the start of a hash, as of profiles: `000003-4bf92f3577b3`. */
  version: name,
  createdAtMs: z.number(),
  /** Hash of the names and meaning of the features; a worker that computes others refuses the version. */
  featureSchema: sha256,
  /** Version of the profile that the features of the training traces were measured against. */
  profile: name,
  /** Path below the version's folder → what it must be. */
  files: z.record(
    z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/),
    z.object({ sha256, bytes: z.number().int().min(0) }),
  ),
  lineage: z.object({
    /** Event times of the training traces, milliseconds since the epoch. */
    fromMs: z.number(),
    throughMs: z.number(),
    normalTraces: z.number().int(),
    anomalousTraces: z.number().int(),
    feedbackLabels: z.number().int(),
    /** Version of the code that trained. */
    code: name,
    parent: name.optional(),
  }),
  parameters: z.record(z.string(), z.union([z.number(), z.string()])),
  evaluation: z.object({
    /** Share of normal traces that may be called anomalous. */
    alarmRate: z.number().positive().max(0.5),
    normalTraces: z.number().int(),
    faultyTraces: z.number().int(),
    /** By scorer: `profile`, each learned model, and `combined`. */
    scorers: z.record(z.enum(['profile', ...rowModelNames, 'combined']), figuresSchema),
    /** Lower end of the 95 % interval of recall of the combination less recall of the profile alone, paired. */
    gainLowerBound: z.number(),
  }),
  /** Incidents that the traces of the training window would have opened. */
  backtest: z.object({ incidents: z.number().int(), incidentsOfProfile: z.number().int() }).optional(),
  /** Whether its scores may decide: only where `gainLowerBound` is above 0. A version in the shadow scores and decides nothing. */
  role: z.enum(['shadow', 'decides']),
});
export type ModelManifest = z.infer<typeof modelManifestSchema>;
