import { signalSources, type DataSource } from '../core/data-source';
import type { EndpointPath } from '../core/stores';

/** Prometheus in Grafana, its exemplars linked to the first trace store there is. */
export function prometheusDataSource(api: EndpointPath): DataSource {
  return {
    ...signalSources.metrics,
    api,
    settings: (all) => {
      const traces = all.find(({ type }) => type === signalSources.traces.type);
      return {
        httpMethod: 'POST',
        timeInterval: '30s',
        prometheusType: 'Prometheus',
        ...(traces !== undefined && {
          // Tempo's own default name, and the one of client libraries.
          exemplarTraceIdDestinations: ['trace_id', 'traceID'].map((name) => ({ name, datasourceUid: traces.uid })),
        }),
      };
    },
  };
}
