import type { ScrapeTarget } from '../core/component';

/** What a {@link prometheusConfig} depends on. */
export interface PrometheusConfigOptions {
  readonly scrapeIntervalSeconds: number;
  readonly retentionHours: number;
  /** Size at which the oldest blocks go, mebibytes. */
  readonly retentionMebibytes: number;
  readonly targets: readonly ScrapeTarget[];
}

/**
 * Configuration of Prometheus 3. Targets follow from wires: a headless Service is asked of DNS, so that every pod behind it
 * is read; no rights in the Kubernetes API are needed.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/
 */
export function prometheusConfig(options: PrometheusConfigOptions): object {
  const { scrapeIntervalSeconds, retentionHours, retentionMebibytes, targets } = options;
  return {
    global: {
      scrape_interval: `${scrapeIntervalSeconds}s`,
      scrape_timeout: `${Math.min(10, scrapeIntervalSeconds)}s`,
    },
    storage: {
      tsdb: { retention: { time: `${retentionHours}h`, size: `${retentionMebibytes}MB` } },
      exemplars: { max_exemplars: 20_000 },
    },
    scrape_configs: [
      { job_name: 'prometheus', static_configs: [{ targets: ['127.0.0.1:9090'] }] },
      ...targets.map(scrapeConfig),
    ],
  };
}

function scrapeConfig({ job, endpoint, path = '/metrics' }: ScrapeTarget): object {
  return {
    job_name: job,
    metrics_path: path,
    ...(endpoint.service.headless
      ? { dns_sd_configs: [{ names: [endpoint.host], type: 'A', port: endpoint.port, refresh_interval: '15s' }] }
      : { static_configs: [{ targets: [endpoint.authority] }] }),
  };
}
