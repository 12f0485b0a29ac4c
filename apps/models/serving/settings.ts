import type { Environment, Log, ObjectStore } from '@plumbline/worker';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import { openRegistry, registrySettings } from '../registry/environment';
import { ModelSource, type ModelSourceOptions } from './model-source';
import type { LearnedObserver } from './observer';

/** Settings of whoever serves learned models. */
export const modelSettings = registrySettings.extend({
  MODEL_POLL_SECONDS: z.coerce
    .number()
    .positive()
    .default(10)
    .describe(
      'How often the registry of learned models is read; shorter than versions are approved ahead of the traces',
    ),
  MODEL_SHADOW_SHARE: z.coerce
    .number()
    .positive()
    .max(1)
    .default(0.2)
    .describe(
      'Share of the records whose traces learned models score while none of them may decide; enough to compare them by',
    ),
});

/** @throws {z.ZodError} naming each variable that cannot be read */
export function modelSourceConfig(environment: Environment): Pick<ModelSourceOptions, 'pollMs' | 'shadowShare'> {
  const picked = modelSettings.pick({ MODEL_POLL_SECONDS: true, MODEL_SHADOW_SHARE: true }).parse(environment);
  return { pollMs: picked.MODEL_POLL_SECONDS * 1000, shadowShare: picked.MODEL_SHADOW_SHARE };
}

/**
 * The models of the registry that the environment names.
 *
 * @param models bucket of the models
 * @throws {ConfigError | z.ZodError} for settings that cannot be used; a registry that is away is none
 */
export async function openModelSource(
  environment: Environment,
  models: ObjectStore,
  options: { readonly log?: Log; readonly metrics?: Registry; readonly observer?: LearnedObserver } = {},
): Promise<ModelSource> {
  const registry = await openRegistry(environment, () => Promise.resolve(models));
  return new ModelSource({ registry, models, ...modelSourceConfig(environment), ...options });
}
