export { Autoencoder, AutoencoderError, autoencoderFiles } from './autoencoder';
export type {
  AutoencoderErrorCode,
  AutoencoderTraining,
  Backend,
  LoadOptions,
  TrainedEpoch,
  TrainingOptions,
} from './autoencoder';
export {
  decodeTraining,
  distributionOf,
  encodeManifest,
  encodeTraining,
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
  ModelObjects,
  PackedVersion,
  PackOptions,
  ReadVersionOptions,
  TrainingDistribution,
} from './bundle';
export { Combination, scorerNames } from './calibration';
export type { Combined, HeldBack, ScorerName, Scores } from './calibration';
export { defaultDrift, driftConfig, DriftMetrics, DriftMonitor, driftSettings } from './drift';
export type { Drift, DriftBatch, DriftModels, DriftMonitorOptions, DriftReport } from './drift';
export { encodeOnnx, encodeSavedModel, onnxFile, savedModelFile } from './export';
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
export { decodePathCounts, encodePathCounts, PathCounter, PathModel } from './paths';
export { mlflowConnection, openRegistry, registrySettings } from './registry/environment';
export { RegistryError, WorseVersionError } from './registry/errors';
export type { RegistryErrorCode } from './registry/errors';
export { MlflowBackend } from './registry/mlflow/backend';
export { MlflowClient } from './registry/mlflow/client';
export type { MlflowClientOptions, MlflowConnection } from './registry/mlflow/client';
export { ModelRegistry } from './registry/model-registry';
export type { ApproveOptions, RollBackOptions } from './registry/model-registry';
export { RegistryPoll } from './registry/registry-poll';
export type { RegistryPollOptions, RegistryPollStatus } from './registry/registry-poll';
export { servedAt } from './registry/served';
export type { Activation, ListedVersion, Served, ServedChallenger, ServedVersion } from './registry/served';
export { registryKey, StoreBackend } from './registry/store-backend';
export type { LoggedMetric, RegisteredVersion } from './registry/version';
export { rowModelNames } from './row-model';
export type { RowModel, RowModelName } from './row-model';
export { LearnedScorer, recompute } from './scoring';
export type { LearnedScores, ScoringModels } from './scoring';
export {
  LearnedMetrics,
  ModelSource,
  modelSettings,
  modelSourceConfig,
  openModelSource,
  WorseBacktestError,
} from './serving';
export type {
  LearnedObserver,
  ModelSourceOptions,
  ModelSourceStatus,
  ObservedBatch,
  ServedVersionStatus,
} from './serving';
