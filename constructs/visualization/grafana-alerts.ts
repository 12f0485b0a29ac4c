import type { Alert } from '../core/alert';
import { downAlert } from '../core/down-alert';

/** What of a Grafana people should know. @param job its scrape job */
export function grafanaAlerts(job: string): readonly Alert[] {
  return [downAlert('Grafana', job, 'Nobody can look at dashboards or traces. Nothing is lost.')];
}
