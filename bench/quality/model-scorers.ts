/** Whose scores of traces are compared: the profile, each learned model, and all of them together. */
export const modelScorers = ['profile', 'autoencoder', 'isolation-forest', 'paths', 'combined'] as const;
export type ModelScorer = (typeof modelScorers)[number];

export const modelScorerTitles: Readonly<Record<ModelScorer, string>> = {
  profile: 'Profile alone',
  autoencoder: 'Autoencoder',
  'isolation-forest': 'Isolation forest',
  paths: 'Paths',
  combined: 'All together',
};
