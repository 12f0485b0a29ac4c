import type { EndpointPath, ILogStore, IMetricsStore, ITraceStore } from '../core/stores';
import { Grafana } from '../visualization/grafana';
import { SyntheticProbe } from './synthetic-probe';

/** What of the platform people and programs reach. */
export interface PlatformEndpoints {
  readonly metrics?: IMetricsStore | undefined;
  readonly traces?: ITraceStore | undefined;
  readonly logs?: ILogStore | undefined;
  /** Probed where it is ours: of another it is not known where its health is. */
  readonly dashboards?: object | undefined;
}

/**
 * Probes of the platform's own stores and pages, at the paths by which they say that they are ready: from another pod, by their Services and
 * through their policies, as whoever uses them comes. An exporter asks when a Prometheus has it ask, so without one that reads the platform's
 * targets there are none.
 */
export function platformProbes({ metrics, traces, logs, dashboards }: PlatformEndpoints): readonly SyntheticProbe[] {
  const isRead = metrics !== undefined && ('scrape' in metrics || metrics.collector !== undefined);
  if (!isRead) return [];
  const probe = (name: string, { endpoint, path }: EndpointPath, ready: string) =>
    SyntheticProbe.http(name, { endpoint, path: `${path}${ready}` });
  return [
    probe('metrics-store', metrics.query, '/-/ready'),
    ...(traces === undefined ? [] : [probe('trace-store', { endpoint: traces.query, path: '' }, '/ready')]),
    ...(logs === undefined ? [] : [probe('log-store', logs.query, '/ready')]),
    ...(dashboards instanceof Grafana
      ? [probe('dashboards', { endpoint: dashboards.ui, path: '' }, '/api/health')]
      : []),
  ];
}
