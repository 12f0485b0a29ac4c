export { Autoencoder, AutoencoderError, autoencoderFiles } from './autoencoder';
export type {
  AutoencoderErrorCode,
  AutoencoderTraining,
  Backend,
  LoadOptions,
  TrainedEpoch,
  TrainingOptions,
} from './autoencoder';
export { encodeOnnx, encodeSavedModel, onnxFile, savedModelFile } from './export';
export type { FeatureMatrix } from './feature-matrix';
export { manifestFile, modelManifestSchema, traceModelName } from './manifest';
export type { ModelManifest, ScorerFigures } from './manifest';
export { rowModelNames } from './row-model';
export type { RowModel, RowModelName } from './row-model';
