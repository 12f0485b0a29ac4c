export { Calibration } from './calibration';
export { Combination, scorerNames } from './combination';
export type { Combined, HeldBack, ScorerName, Scores } from './combination';
