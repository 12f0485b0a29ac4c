import type { GrowResult } from './run';

const titles: Readonly<Record<GrowResult['outcome'], string>> = {
  'as large': 'is as large as it is rendered',
  grown: 'is grown',
  'would grow': 'would be grown; nothing was changed',
  refused: 'is not grown; nothing was changed',
  'not yet': 'is not as large yet',
};

/** What it came to, what was done, and what is in the way. */
export function formatGrowth({ claim, size, outcome, steps, obstacles }: GrowResult): string {
  return [
    `${claim}, ${size}: ${titles[outcome]}`,
    ...steps.map((step) => `- ${step}`),
    ...obstacles.flatMap(({ problem, todo }) => [`- ${problem}`, `  do: ${todo}`]),
  ].join('\n');
}
