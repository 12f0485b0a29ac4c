/** What {@link dataSources} depend on. */
export interface DataSourceOptions {
  /** URL of Tempo's HTTP API. */
  readonly tempoUrl: string;
  /** URL of Prometheus' API; absent: no service graph, no trace-to-metrics. */
  readonly prometheusUrl?: string;
}

/** Ids that dashboards and links name. */
export const dataSourceUids = { tempo: 'tempo', prometheus: 'prometheus' } as const;

/**
 * Provisioned data sources, linked to each other.
 *
 * @see https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources
 */
export function dataSources({ tempoUrl, prometheusUrl }: DataSourceOptions): object {
  return {
    apiVersion: 1,
    prune: true,
    datasources: [
      {
        name: 'Tempo',
        uid: dataSourceUids.tempo,
        type: 'tempo',
        access: 'proxy',
        url: tempoUrl,
        isDefault: prometheusUrl === undefined,
        editable: false,
        jsonData: {
          nodeGraph: { enabled: true },
          search: { hide: false },
          traceQuery: { timeShiftEnabled: true, spanStartTimeShift: '-1h', spanEndTimeShift: '1h' },
          ...(prometheusUrl !== undefined && tracesToMetrics()),
        },
      },
      ...(prometheusUrl === undefined ? [] : [prometheus(prometheusUrl)]),
    ],
  };
}

function prometheus(url: string): object {
  return {
    name: 'Prometheus',
    uid: dataSourceUids.prometheus,
    type: 'prometheus',
    access: 'proxy',
    url,
    isDefault: true,
    editable: false,
    jsonData: {
      httpMethod: 'POST',
      timeInterval: '30s',
      prometheusType: 'Prometheus',
      // Tempo's own default name, and the one of client libraries.
      exemplarTraceIdDestinations: ['trace_id', 'traceID'].map((name) => ({
        name,
        datasourceUid: dataSourceUids.tempo,
      })),
    },
  };
}

/** A dollar sign is written twice, for else it would name a variable of the environment. */
function tracesToMetrics(): object {
  return {
    serviceMap: { datasourceUid: dataSourceUids.prometheus },
    tracesToMetrics: {
      datasourceUid: dataSourceUids.prometheus,
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
