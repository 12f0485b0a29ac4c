export {
  decodeTraining,
  distributionOf,
  ModelError,
  modelFiles,
  modelLimits,
  packVersion,
  readManifest,
  readVersion,
  rowModelsOf,
  sharesOf,
  trainingDistribution,
  versionFolder,
  writeVersion,
} from './bundle';
export type {
  Distribution,
  FiledModel,
  FiledModelLoader,
  LearnedModels,
  ManifestDraft,
  ModelContent,
  ModelErrorCode,
  PackedVersion,
  PackOptions,
  ReadVersionOptions,
  TrainingDistribution,
} from './bundle';
export { Combination, scorerNames } from './calibration';
export type { Combined, HeldBack, ScorerName, Scores } from './calibration';
export type { FeatureMatrix } from './feature-matrix';
export {
  columnOf,
  decodeFeatureSchema,
  encodeFeatureSchema,
  FeatureCounter,
  FeatureReader,
  featureSchemaOf,
  profileScore,
} from './features';
export type { FeatureRows, FeatureSchema } from './features';
export { IsolationForest } from './forest';
export type { ForestOptions } from './forest';
export { manifestFile, modelManifestSchema, traceModelName } from './manifest';
export type { ModelManifest, ScorerFigures } from './manifest';
export { PathCounter, PathModel } from './paths';
export { rowModelNames } from './row-model';
export type { RowModel, RowModelName } from './row-model';
export { LearnedScorer, learnedScoreSchema, recompute } from './scoring';
export type { LearnedScore, LearnedScores, ScoringModels } from './scoring';
