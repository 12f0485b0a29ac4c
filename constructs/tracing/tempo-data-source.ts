import type { DataSource } from '../core/data-source';
import type { EndpointPath } from '../core/stores';

/** Tempo in Grafana, linked to the first metrics store there is. The uid is the one that links in messages name. */
export function tempoDataSource(api: EndpointPath): DataSource {
  return {
    name: 'Tempo',
    uid: 'tempo',
    type: 'tempo',
    api,
    settings: (all) => {
      const metrics = all.find(({ type }) => type === 'prometheus');
      return {
        nodeGraph: { enabled: true },
        search: { hide: false },
        traceQuery: { timeShiftEnabled: true, spanStartTimeShift: '-1h', spanEndTimeShift: '1h' },
        ...(metrics !== undefined && tracesToMetrics(metrics.uid)),
      };
    },
  };
}

/** A dollar sign is written twice, for else it would name a variable of the environment. */
function tracesToMetrics(datasourceUid: string): object {
  return {
    serviceMap: { datasourceUid },
    tracesToMetrics: {
      datasourceUid,
      spanStartTimeShift: '-2m',
      spanEndTimeShift: '2m',
      tags: [{ key: 'service.name', value: 'service' }],
      queries: [
        { name: 'Request rate', query: 'sum(rate(traces_spanmetrics_calls_total{$$__tags}[5m]))' },
        {
          name: 'Error rate',
          query: 'sum(rate(traces_spanmetrics_calls_total{$$__tags, status_code="STATUS_CODE_ERROR"}[5m]))',
        },
        {
          name: 'Latency p95',
          query: 'histogram_quantile(0.95, sum by (le) (rate(traces_spanmetrics_latency_bucket{$$__tags}[5m])))',
        },
      ],
    },
  };
}
