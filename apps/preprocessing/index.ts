export { preprocessingConfig, preprocessingConfigSchema } from './config';
export type { PreprocessingConfig } from './config';
export { Preprocessing } from './stage';
export type { PreprocessingOptions } from './stage';
