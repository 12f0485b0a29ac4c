import { noneAnswers, type Objectives } from '../core/objectives';
import { Slo } from '../core/slo';
import type { WorkerJobs } from './pipeline-alerts';
import { windowAge } from './pipeline-queries';

/** What is promised of the pipeline: that incidents are looked for in what has just happened. */
export function pipelineObjectives(jobs: WorkerJobs, objectives: Objectives | undefined): readonly Slo[] {
  if (objectives === undefined) return [];
  const seconds = objectives.latency.incidents.toSeconds();
  const of = (job: string) => `job="${job}"`;
  const late = `max(${windowAge(of(jobs['root-cause']))} > bool ${seconds} or ${noneAnswers(jobs['root-cause'])})`;
  return [
    new Slo({
      name: 'IncidentsInTime',
      description: `Incidents are looked for in what happened no longer than ${seconds} s ago.`,
      objective: objectives.availability,
      // Without spans there is nothing to look at.
      wrongWhile: `${late}\n* (sum(rate(plumbline_preprocessing_spans_total{${of(jobs.preprocessing)}}[15m])) > bool 0)`,
    }),
  ];
}
