import { inTime, requestBounds, served, type Objectives } from '../core/objectives';
import type { Slo } from '../core/slo';

/** Routes by which lines come. */
const intake = 'route=~"loki_api_v1_push|otlp_v1_logs"';
/** Those of people and of Grafana; not of Loki's own parts, nor of probes. */
const questions = 'route=~"loki_api_v1_.+", route!="loki_api_v1_push"';

/** What is promised of a Loki: that it takes lines and answers, and that lines can be found soon. @param job its scrape job */
export function lokiObjectives(job: string, objectives: Objectives | undefined): readonly Slo[] {
  if (objectives === undefined) return [];
  const { availability, inTime: share, latency } = objectives;
  const requests = (routes: string, more = '') => `loki_request_duration_seconds_count{job="${job}", ${routes}${more}}`;
  const answers = (name: string, description: string, routes: string) =>
    served({
      name,
      description,
      objective: availability,
      job,
      all: requests(routes),
      failed: requests(routes, ', status_code=~"5.."'),
    });
  return [
    answers('LogIntake', 'Lines that agents and collectors send are taken.', intake),
    answers('LogQueries', 'Questions for lines are answered.', questions),
    inTime({
      name: 'LogStorageTime',
      description: `Loki has lines where they can be found within ${latency.logStore.toSeconds()} s.`,
      objective: share,
      histogram: 'loki_request_duration_seconds',
      of: `job="${job}", ${intake}`,
      bounds: requestBounds,
      budget: latency.logStore,
    }),
  ];
}
