import { Duration } from 'cdk8s';
import { signalSources, type DataSource } from '../core/data-source';
import type { EndpointPath } from '../core/stores';

/**
 * Prometheus in Grafana, its exemplars linked to the first trace store there is.
 *
 * @param interval how often what it has is read: `$__rate_interval` of panels is four times as long
 * @param product what answers, by Grafana's name: it knows what each is able to
 */
export function prometheusDataSource(
  api: EndpointPath,
  interval = Duration.seconds(30),
  product: 'Prometheus' | 'Mimir' = 'Prometheus',
): DataSource {
  return {
    ...signalSources.metrics,
    api,
    settings: (all) => {
      const traces = all.find(({ type }) => type === signalSources.traces.type);
      return {
        httpMethod: 'POST',
        timeInterval: `${interval.toSeconds()}s`,
        prometheusType: product,
        ...(traces !== undefined && {
          // Tempo's own default name, and the one of client libraries.
          exemplarTraceIdDestinations: ['trace_id', 'traceID'].map((name) => ({ name, datasourceUid: traces.uid })),
        }),
      };
    },
  };
}
