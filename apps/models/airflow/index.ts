export { AirflowError } from './airflow-error';
export type { AirflowErrorCode } from './airflow-error';
export { lastTriggerKey, triggerOnce } from './trigger-once';
export type { CoolDown } from './trigger-once';
export { triggerTraining } from './trigger-training';
export type { AirflowConnection, TrainingRequest, Triggered, TriggerOptions } from './trigger-training';
