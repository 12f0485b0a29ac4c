import type { ToldWindows } from '../spans';
import { annotate, type AnnotatedWindows } from './annotate';
import { microRank } from './micro-rank';
import {
  busiest,
  callerCalleeGap,
  deepestAnomalous,
  earliestAnomalous,
  ochiai,
  selfTimeExcess,
  type Scores,
} from './rules';

const rules = {
  earliest: earliestAnomalous,
  deepest: deepestAnomalous,
  'self-time': selfTimeExcess,
  ochiai,
  gap: callerCalleeGap,
  microrank: microRank,
} satisfies Record<string, (windows: AnnotatedWindows) => Scores>;

export type Baseline = 'commonest' | keyof typeof rules;

/** What they are called in tables. */
export const baselineTitles: Readonly<Record<Baseline, string>> = {
  commonest: 'Commonest service',
  earliest: 'Earliest anomalous span',
  deepest: 'Deepest anomalous span',
  'self-time': 'Self-time excess',
  ochiai: 'Ochiai over services',
  gap: 'Caller–callee gap',
  microrank: "MicroRank's walk",
};
export const baselines = Object.keys(baselineTitles) as readonly Baseline[];

/**
 * Ranks services by each of the simple rules, told the windows.
 *
 * @param commonest services that broke most often, best first; those in most traces where nobody knows
 */
export function rankByBaselines(windows: ToldWindows, commonest?: readonly string[]): Record<Baseline, string[]> {
  const annotated = annotate(windows);
  const ranked = Object.fromEntries(
    Object.entries(rules).map(([name, rule]) => [name, order(rule(annotated))]),
  ) as Record<keyof typeof rules, string[]>;
  return { commonest: [...(commonest ?? order(busiest(annotated)))], ...ranked };
}

/** Services with a score above zero, best first; equal ones by name. */
function order(scores: Scores): string[] {
  return [...scores]
    .filter(([, score]) => score > 0)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([service]) => service);
}
