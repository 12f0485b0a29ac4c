export { calibrate } from './calibrate';
export { learnerConfig, learnerConfigSchema } from './config';
export type { LearnerConfig } from './config';
export { Learner } from './learner';
export { condense } from './profile';
export { BundleRegistry, PointerContentionError } from './registry';
export type { Registered } from './registry';
export { Training } from './stage';
export type { TrainingOptions } from './stage';
