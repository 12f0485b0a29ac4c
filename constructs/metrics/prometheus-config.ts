import type { ScrapeTarget } from '../core/component';
import type { Connection } from '../core/connection';
import { defined } from '../core/defined';
import { tlsSettings } from '../core/tls-settings';

/** What a {@link prometheusConfig} depends on. */
export interface PrometheusConfigOptions {
  readonly scrapeIntervalSeconds: number;
  readonly retentionHours: number;
  /** Size at which the oldest blocks go, mebibytes. */
  readonly retentionMebibytes: number;
  readonly targets: readonly ConnectedTarget[];
  /** Paths of rule files, which may have wildcards. @default - none */
  readonly ruleFiles?: readonly string[];
}

/** A target, and what is needed to reach it. */
export interface ConnectedTarget {
  readonly target: ScrapeTarget;
  readonly connection: Connection;
}

/** What Prometheus calls the parts of TLS. */
export const prometheusTlsNames = {
  caFile: 'ca_file',
  serverName: 'server_name',
  certFile: 'cert_file',
  keyFile: 'key_file',
} as const;

/**
 * Configuration of Prometheus 3. Targets follow from wires: a headless Service is asked of DNS, so that every pod behind it
 * is read; no rights in the Kubernetes API are needed.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/
 */
export function prometheusConfig(options: PrometheusConfigOptions): object {
  const { scrapeIntervalSeconds, retentionHours, retentionMebibytes, targets, ruleFiles = [] } = options;
  return {
    global: {
      scrape_interval: `${scrapeIntervalSeconds}s`,
      scrape_timeout: `${Math.min(10, scrapeIntervalSeconds)}s`,
    },
    storage: {
      tsdb: { retention: { time: `${retentionHours}h`, size: `${retentionMebibytes}MB` } },
      exemplars: { max_exemplars: 20_000 },
    },
    ...(ruleFiles.length > 0 && { rule_files: ruleFiles }),
    scrape_configs: [
      { job_name: 'prometheus', static_configs: [{ targets: ['127.0.0.1:9090'] }] },
      ...targets.map(scrapeConfig),
    ],
  };
}

function scrapeConfig({ target, connection }: ConnectedTarget): object {
  const { job, endpoint, path = '/metrics', interval, labels = {}, params } = target;
  const { host, port, authority, tls } = connection;
  const named = Object.entries(labels).map(([label, replacement]) => ({ target_label: label, replacement }));
  const security = tlsSettings(tls, prometheusTlsNames);
  return {
    job_name: job,
    metrics_path: path,
    ...(endpoint.scheme === 'https' && { scheme: 'https' }),
    ...defined({ scrape_interval: interval && `${interval.toSeconds()}s` }),
    ...defined({ params }),
    ...(Object.keys(security).length > 0 && { tls_config: security }),
    ...(endpoint.resolvesToPods
      ? { dns_sd_configs: [{ names: [host], type: 'A', port, refresh_interval: '15s' }] }
      : { static_configs: [{ targets: [authority] }] }),
    ...(named.length > 0 && { relabel_configs: named }),
  };
}
