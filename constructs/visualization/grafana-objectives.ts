import { inTime, requestBounds, served, type Objectives } from '../core/objectives';
import type { Slo } from '../core/slo';

/** What is promised of a Grafana: that its pages come, and what is on them soon. @param job its scrape job */
export function grafanaObjectives(job: string, objectives: Objectives | undefined): readonly Slo[] {
  if (objectives === undefined) return [];
  const { availability, inTime: share, latency } = objectives;
  const requests = (more = '') => `grafana_http_request_duration_seconds_count{job="${job}"${more}}`;
  return [
    served({
      name: 'Dashboards',
      description: 'Grafana answers those who look.',
      objective: availability,
      job,
      all: requests(),
      failed: requests(', status_code=~"5.."'),
    }),
    inTime({
      name: 'QueryTime',
      description: `Stores answer dashboards within ${latency.queries.toSeconds()} s.`,
      objective: share,
      histogram: 'grafana_datasource_request_duration_seconds',
      of: `job="${job}"`,
      bounds: requestBounds,
      budget: latency.queries,
    }),
  ];
}
