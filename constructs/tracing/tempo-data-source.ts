import { signalSources, type DataSource } from '../core/data-source';
import type { EndpointPath } from '../core/stores';
import { durationQuantile, failedRate, requestRate } from './span-metrics';

/** Tempo in Grafana, linked to the first metrics store and the first log store there are. The uid is the one that links in messages name. */
export function tempoDataSource(api: EndpointPath): DataSource {
  return {
    ...signalSources.traces,
    api,
    settings: (all) => {
      const metrics = all.find(({ type }) => type === signalSources.metrics.type);
      const logs = all.find(({ type }) => type === signalSources.logs.type);
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

/** The service graph, and what a span's service and its operation did about then. */
function tracesToMetrics(datasourceUid: string): object {
  // Grafana puts tags and name of the span there; the dollar sign twice, for else it would name a variable of the environment.
  const of = '$$__tags, span_name="$${__span.name}"';
  return {
    serviceMap: { datasourceUid },
    tracesToMetrics: {
      datasourceUid,
      spanStartTimeShift: '-30m',
      spanEndTimeShift: '30m',
      tags: [{ key: 'service.name', value: 'service' }],
      queries: [
        { name: 'Requests a second', query: requestRate(of, '5m') },
        { name: 'Failures a second', query: failedRate(of, '5m') },
        { name: 'Duration, p95', query: durationQuantile(0.95, of, '5m') },
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
