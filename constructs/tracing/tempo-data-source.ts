import type { DataSource } from '../core/data-source';
import type { EndpointPath } from '../core/stores';

/** Tempo in Grafana, linked to the first metrics store and the first log store there are. The uid is the one that links in messages name. */
export function tempoDataSource(api: EndpointPath): DataSource {
  return {
    name: 'Tempo',
    uid: 'tempo',
    type: 'tempo',
    api,
    settings: (all) => {
      const metrics = all.find(({ type }) => type === 'prometheus');
      const logs = all.find(({ type }) => type === 'loki');
      return {
        nodeGraph: { enabled: true },
        search: { hide: false },
        traceQuery: { timeShiftEnabled: true, spanStartTimeShift: '-1h', spanEndTimeShift: '1h' },
        ...(metrics !== undefined && tracesToMetrics(metrics.uid)),
        ...(logs !== undefined && { tracesToLogsV2: tracesToLogs(logs.uid) }),
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

/** Lines of the trace, from somewhat before the span to somewhat after it, by labels that Loki makes of OTLP's resources. */
function tracesToLogs(datasourceUid: string): object {
  return {
    datasourceUid,
    spanStartTimeShift: '-5m',
    spanEndTimeShift: '5m',
    filterByTraceID: true,
    filterBySpanID: false,
    tags: [
      { key: 'service.name', value: 'service_name' },
      { key: 'k8s.namespace.name', value: 'k8s_namespace_name' },
    ],
  };
}
