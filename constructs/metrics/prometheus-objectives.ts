import { served, type Objectives } from '../core/objectives';
import type { Slo } from '../core/slo';
import { self } from './prometheus-queries';

/** What is promised of a Prometheus: that it answers. While none runs nobody records that; a `deadman` of Alertmanager tells. */
export function prometheusObjectives(objectives: Objectives | undefined): readonly Slo[] {
  if (objectives === undefined) return [];
  const questions = (more = '') =>
    `prometheus_http_requests_total{${self}, handler=~"/api/v1/(query|query_range|query_exemplars|series|labels|label/.+)"${more}}`;
  return [
    served({
      name: 'MetricQueries',
      description: 'Questions for metrics of the last days are answered.',
      objective: objectives.availability,
      job: 'prometheus',
      all: questions(),
      failed: questions(', code=~"5.."'),
    }),
  ];
}
