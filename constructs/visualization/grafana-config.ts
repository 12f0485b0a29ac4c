import type { Connection } from '../core/connection';
import { tlsSettings } from '../core/tls-settings';

/** What {@link dataSources} depend on. */
export interface DataSourceOptions {
  /** Tempo's HTTP API. */
  readonly tempo: Connection;
  /** Prometheus' API; absent: no service graph, no trace-to-metrics. */
  readonly prometheus?: Connection;
}

/** Ids that dashboards and links name. */
export const dataSourceUids = { tempo: 'tempo', prometheus: 'prometheus' } as const;

/**
 * Provisioned data sources, linked to each other.
 *
 * @see https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources
 */
export function dataSources({ tempo, prometheus }: DataSourceOptions): object {
  return {
    apiVersion: 1,
    prune: true,
    datasources: [
      {
        name: 'Tempo',
        uid: dataSourceUids.tempo,
        type: 'tempo',
        access: 'proxy',
        ...reached(tempo),
        isDefault: prometheus === undefined,
        editable: false,
        jsonData: {
          ...encrypted(tempo),
          nodeGraph: { enabled: true },
          search: { hide: false },
          traceQuery: { timeShiftEnabled: true, spanStartTimeShift: '-1h', spanEndTimeShift: '1h' },
          ...(prometheus !== undefined && tracesToMetrics()),
        },
      },
      ...(prometheus === undefined ? [] : [prometheusSource(prometheus)]),
    ],
  };
}

function prometheusSource(connection: Connection): object {
  return {
    name: 'Prometheus',
    uid: dataSourceUids.prometheus,
    type: 'prometheus',
    access: 'proxy',
    ...reached(connection),
    isDefault: true,
    editable: false,
    jsonData: {
      ...encrypted(connection),
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

const tlsNames = {
  caFile: 'tlsCACert',
  serverName: 'serverName',
  certFile: 'tlsClientCert',
  keyFile: 'tlsClientKey',
} as const;

/** The URL, and certificates: Grafana takes their text, which it reads from the files that are mounted. */
function reached({ url, tls }: Connection): object {
  const { serverName: _, ...files } = tlsSettings(tls, tlsNames);
  const secureJsonData = Object.fromEntries(
    Object.entries(files).map(([key, path]) => [key, `$__file{${String(path)}}`]),
  );
  return { url, ...(Object.keys(secureJsonData).length > 0 && { secureJsonData }) };
}

function encrypted({ tls }: Connection): object {
  const settings = tlsSettings(tls, tlsNames);
  return {
    ...('serverName' in settings && { serverName: settings.serverName }),
    ...('tlsCACert' in settings && { tlsAuthWithCACert: true }),
    ...('tlsClientCert' in settings && { tlsAuth: true }),
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
