export { LearnedScorer, recompute } from './learned-scorer';
export type { LearnedScores, ScoringModels } from './learned-scorer';
