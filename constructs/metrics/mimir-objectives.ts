import { served, type Objectives } from '../core/objectives';
import type { Slo } from '../core/slo';

/** What is promised of a Mimir: that it takes samples and answers. @param job its scrape job */
export function mimirObjectives(job: string, objectives: Objectives | undefined): readonly Slo[] {
  if (objectives === undefined) return [];
  const answers = (name: string, description: string, routes: string) => {
    const requests = (more = '') => `cortex_request_duration_seconds_count{job="${job}", route=~"${routes}"${more}}`;
    const failed = requests(', status_code=~"5.."');
    return served({ name, description, objective: objectives.availability, job, all: requests(), failed });
  };
  return [
    answers('MetricIntake', 'Samples that Prometheus and collectors write are taken.', 'api_v1_push|otlp_v1_metrics'),
    answers('LongTermQueries', 'Questions for metrics of any age are answered.', 'prometheus_api_v1_.+'),
  ];
}
