export { LearnedScorer, recompute } from './learned-scorer';
export type { LearnedScores, ScoringModels } from './learned-scorer';
export { learnedScoreSchema } from './learned-score';
export type { LearnedScore } from './learned-score';
