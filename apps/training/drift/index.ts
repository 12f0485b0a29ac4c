export { DriftAsker } from './drift-asker';
export type { DriftAskerOptions } from './drift-asker';
export { airflowTrigger } from './training-trigger';
export type { AirflowRun, TrainingAnswer, TrainingAsk, TrainingTrigger } from './training-trigger';
