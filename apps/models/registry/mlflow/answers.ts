import { z } from 'zod';

/** Parts of MLflow's answers that are read. Lists that are empty are absent, and numbers may be strings, as protobuf writes them. */

const tags = z
  .array(z.object({ key: z.string(), value: z.string().default('') }))
  .default([])
  .transform((list) => new Map(list.map(({ key, value }) => [key, value])));

export const experimentSchema = z.object({ experiment: z.object({ experiment_id: z.string() }) });
export const createdExperimentSchema = z.object({ experiment_id: z.string() });

export const modelSchema = z.object({
  registered_model: z.object({
    tags,
    aliases: z.array(z.object({ alias: z.string(), version: z.coerce.string() })).default([]),
  }),
});

export const modelVersionSchema = z.object({
  version: z.coerce.string(),
  run_id: z.string().default(''),
  source: z.string().default(''),
  tags,
});
export type MlflowModelVersion = z.infer<typeof modelVersionSchema>;

export const modelVersionsSchema = z.object({
  model_versions: z.array(modelVersionSchema).default([]),
  next_page_token: z.string().optional(),
});
export const createdVersionSchema = z.object({ model_version: modelVersionSchema });

const run = z.object({
  info: z.object({ run_id: z.string(), start_time: z.coerce.number().default(0) }),
  data: z.object({
    params: z.array(z.object({ key: z.string(), value: z.string().default('') })).default([]),
    metrics: z
      .array(z.object({ key: z.string(), value: z.unknown(), timestamp: z.coerce.number().default(0) }))
      .default([]),
  }),
});
export const runSchema = z.object({ run });
export const runsSchema = z.object({ runs: z.array(run).default([]) });
