import { inTime, type Objectives } from '../core/objectives';
import type { Slo } from '../core/slo';

/** Of `loki_write_entry_propagation_latency_seconds`, as Alloy 1.18 answers. */
export const propagationBounds: readonly number[] = [0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600];

/** What is promised of agents: that lines are handed over soon after they were written. @param job their scrape job */
export function logAgentObjectives(job: string, objectives: Objectives | undefined): readonly Slo[] {
  if (objectives === undefined) return [];
  const { inTime: share, latency } = objectives;
  return [
    inTime({
      name: 'LogCollectionTime',
      description: `Lines are handed over within ${latency.logAgent.toSeconds()} s of being written.`,
      objective: share,
      histogram: 'loki_write_entry_propagation_latency_seconds',
      of: `job="${job}"`,
      bounds: propagationBounds,
      budget: latency.logAgent,
    }),
  ];
}
