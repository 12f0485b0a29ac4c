import {
  Combination,
  decodeFeatureSchema,
  decodePathCounts,
  decodeTraining,
  encodeManifest,
  encodeOnnx,
  encodeSavedModel,
  onnxFile,
  packVersion,
  PathModel,
  savedModelFile,
  writeVersion,
  type ManifestDraft,
  type ModelManifest,
  type ModelRegistry,
} from '@plumbline/models';
import { decodeBundle, sequenceOf } from '@plumbline/wire';
import type { Log, ObjectStore } from '@plumbline/worker';
import { z } from 'zod';
import type { RunFolder } from '../dataset/run-folder';
import { extractFile, extractSchema } from '../extract';
import { modelCard } from './model-card';
import { evaluatedFiles, evaluatedSchema } from './evaluate-step';
import { featureFiles } from './features-step';
import { readTrained, trainedFiles, trainedSchema } from './train-step';

export interface RegisterOptions {
  readonly run: RunFolder;
  /** Bucket of models. */
  readonly models: ObjectStore;
  readonly registry: Pick<ModelRegistry, 'versions' | 'served' | 'register'>;
  /**
   * Whether the version may decide where it was shown to find more than the profile alone. Faults that are put into traces are told from normal
   * ones more easily than real ones are: of the recorded systems' real faults no version found more (docs/explanation/quality.md).
   *
   * @default false
   */
  readonly mayDecide?: boolean;
  /** Version of the code. */
  readonly code: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  readonly log: Log;
}

/**
 * Makes a version of what was trained, puts it into the model store and tells the registry. It scores in the shadow, and only from
 * when somebody approves it. Done again, as after a failure, it makes the same version.
 */
export async function registerModels(options: RegisterOptions): Promise<ModelManifest> {
  const { run, models, registry, mayDecide = false, code, log } = options;
  const extract = await run.getJson(extractFile, extractSchema, 'extract');
  const trained = await run.getJson(trainedFiles.report, trainedSchema, 'train');
  const evaluated = await run.getJson(evaluatedFiles.report, evaluatedSchema, 'evaluate');
  const { forest, autoencoder } = await readTrained(run);
  const profile = await run.get(featureFiles.profile, 'features');
  const content = {
    schema: decodeFeatureSchema(await run.get(featureFiles.schema, 'features')),
    paths: new PathModel(decodePathCounts(await run.get(featureFiles.paths, 'features'))),
    forest,
    autoencoder,
    combination: Combination.decode(await run.get(evaluatedFiles.calibration, 'evaluate')),
    training: decodeTraining(await run.get(evaluatedFiles.training, 'evaluate')),
    profile,
  };
  const { sequence, createdAtMs, parent } = await registrationOf(options);
  const { evaluation, backtest } = evaluated;
  const { selected, feedback, fromMs, throughMs } = extract;
  const draft: ManifestDraft = {
    createdAtMs,
    profile: decodeBundle(profile).version,
    lineage: {
      fromMs,
      throughMs,
      normalTraces: selected.normal.traces,
      anomalousTraces: selected.anomalous.traces,
      feedbackLabels: feedback.confirmed + feedback.refuted,
      code,
      ...(parent === undefined ? {} : { parent }),
    },
    parameters: trained.parameters,
    evaluation,
    backtest,
    role: mayDecide && evaluation.gainLowerBound > 0 ? 'decides' : 'shadow',
  };
  const exports = new Map([
    [onnxFile, encodeOnnx(autoencoder.stored)],
    [savedModelFile, encodeSavedModel(autoencoder.stored)],
  ]);
  const card = (version: string) => modelCard(version, draft, evaluated, extract);
  const packed = packVersion(content, draft, { sequence, card, exports });
  await writeVersion(models, packed);
  await registry.register(encodeManifest(packed.manifest), { loss: trained.loss });
  log.info({ version: packed.manifest.version, role: draft.role }, 'models registered');
  autoencoder.dispose();
  return packed.manifest;
}

/** What a version is told by the time at which it is made. */
const registrationSchema = z.object({
  sequence: z.number().int(),
  createdAtMs: z.number(),
  parent: z.string().optional(),
});

/** Settled when a run is registered first, and kept: otherwise a second try would be a second version. */
async function registrationOf({ run, registry, nowMs }: RegisterOptions): Promise<z.infer<typeof registrationSchema>> {
  const path = 'models/registration.json';
  if ((await run.list(path)).length > 0) return run.getJson(path, registrationSchema, 'register');
  const { champion } = await registry.served();
  const known = await registry.versions();
  const sequence = known.reduce((most, { version }) => Math.max(most, sequenceOf(version)), 0) + 1;
  const registration = {
    sequence,
    createdAtMs: nowMs,
    ...(champion === undefined ? {} : { parent: champion.version }),
  };
  await run.putJson(path, registration);
  return registration;
}
