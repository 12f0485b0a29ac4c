import type { Duration } from 'cdk8s';
import { intervalOf, type AskedTarget, type ScrapeIntervals, type ScrapeTarget } from '../core/component';
import type { Connection } from '../core/connection';
import { defined, whereGiven } from '../core/defined';
import type { Endpoint } from '../core/endpoint';
import type { ServerTls } from '../core/server-tls';
import type { EndpointPath, ReplicaLabels } from '../core/stores';
import { tlsSection } from '../core/tls-settings';

/** What a {@link prometheusConfig} depends on. */
export interface PrometheusConfigOptions {
  readonly scrapeIntervalSeconds: number;
  /** How often targets of a class are read. @default - as often as any */
  readonly scrapeIntervals?: ScrapeIntervals;
  readonly retentionHours: number;
  /** Size at which the oldest blocks go, mebibytes. */
  readonly retentionMebibytes: number;
  /** How late a sample may be, seconds. */
  readonly outOfOrderSeconds: number;
  /** Resource attributes that become labels of what comes by OTLP. */
  readonly promotedAttributes: readonly string[];
  /** Labels of every target, and of whatever is sent on: alerts, too. @default - none */
  readonly origin?: Readonly<Record<string, string>>;
  /** How it reads itself: over loopback, or every one of several. */
  readonly self: ConnectedSelf;
  readonly targets: readonly ConnectedTarget[];
  /** Scrape jobs that find their targets by themselves. @default - none */
  readonly discovered?: readonly ScrapeJob[];
  /** Who is told of alerts that fire. @default - nobody */
  readonly alertmanagers?: readonly ConnectedSink[];
  /** Paths of rule files, which may have wildcards. @default - none */
  readonly ruleFiles?: readonly string[];
  /** A store that has what is read here, too. @default - none */
  readonly longTerm?: Connection;
  /** What tells one of several that read the same from the others. @default - it is alone */
  readonly replica?: ReplicaOptions;
}

/** A Prometheus that reads itself. */
export interface ConnectedSelf {
  readonly connection: Connection;
  /** Of all replicas. @default - there is one */
  readonly endpoint?: Endpoint;
}

/** One of several that read the same. */
export interface ReplicaOptions {
  readonly labels: ReplicaLabels;
  /** What they have in common. */
  readonly cluster: string;
}

/** A scrape job as Prometheus has it, as far as jobs have something in common. */
export interface ScrapeJob {
  readonly job_name: string;
  readonly relabel_configs?: readonly object[];
  readonly [setting: string]: unknown;
}

/** A target, and what is needed to reach it. */
export interface ConnectedTarget {
  readonly target: ScrapeTarget;
  readonly connection: Connection;
  /** Folder of what it proves who it is with, as files named by their keys. @default - nobody asks */
  readonly credentials?: string;
}

/** An Alertmanager, and what is needed to reach it. */
export interface ConnectedSink {
  readonly sink: EndpointPath;
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
 * is read; no rights in the Kubernetes API are needed but for what is discovered.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/
 */
export function prometheusConfig(options: PrometheusConfigOptions): object {
  const {
    scrapeIntervalSeconds,
    scrapeIntervals = {},
    retentionHours,
    retentionMebibytes,
    outOfOrderSeconds,
    promotedAttributes,
    origin = {},
    self,
    targets,
    discovered = [],
    alertmanagers = [],
    ruleFiles = [],
    longTerm,
    replica,
  } = options;
  // Where both have one name, targets have the value of the origin, which tells a pair from others as well.
  const sent = { ...replicaValues(replica), ...origin };
  return {
    global: {
      scrape_interval: `${scrapeIntervalSeconds}s`,
      scrape_timeout: `${Math.min(longestAnswerSeconds, scrapeIntervalSeconds)}s`,
      // Of what it sends on. What is asked of itself has those of targets only.
      ...(Object.keys(sent).length > 0 && { external_labels: sent }),
    },
    storage: {
      tsdb: {
        retention: { time: `${retentionHours}h`, size: `${retentionMebibytes}MB` },
        out_of_order_time_window: `${outOfOrderSeconds}s`,
      },
      exemplars: { max_exemplars: 20_000 },
    },
    otlp: {
      promote_resource_attributes: [...new Set([...promotedAttributes, ...Object.keys(origin)])],
      // Else who it is would be on `job` and `instance` alone.
      keep_identifying_resource_attributes: true,
      // Names as rules and dashboards have them: `http_server_request_duration_seconds`.
      translation_strategy: 'UnderscoreEscapingWithSuffixes',
    },
    ...(alertmanagers.length > 0 && {
      alerting: { ...sameAlerts(replica, origin), alertmanagers: alertmanagers.map(alertmanager) },
    }),
    ...(longTerm !== undefined && { remote_write: [remoteWrite(longTerm)] }),
    ...(ruleFiles.length > 0 && { rule_files: ruleFiles }),
    scrape_configs: [
      comingFrom(origin, {
        job_name: 'prometheus',
        ...spokenTo(self.connection),
        ...found(self.endpoint, self.connection),
      }),
      ...targets.map((each) => {
        const job = scrapeConfig(each, { intervals: scrapeIntervals, origin });
        return each.target.asked === undefined ? comingFrom(origin, job) : job;
      }),
      ...discovered.map((job) => comingFrom(origin, job)),
    ],
  };
}

/** Prometheus puts the pod's name there: it expands variables in these labels. */
function replicaValues(replica: ReplicaOptions | undefined): Readonly<Record<string, string>> {
  return replica === undefined
    ? {}
    : { [replica.labels.cluster]: replica.cluster, [replica.labels.replica]: '${POD_NAME}' };
}

/** Else Alertmanager would tell of each alert as often as there are replicas. */
function sameAlerts(replica: ReplicaOptions | undefined, origin: Readonly<Record<string, string>>): object {
  if (replica === undefined) return {};
  const { cluster, replica: one } = replica.labels;
  const own = cluster in origin ? [one] : [cluster, one];
  return { alert_relabel_configs: [{ action: 'labeldrop', regex: own.join('|') }] };
}

/** Each sends all that it has; what the store does not get for a while waits in the write-ahead log, for about two hours. */
function remoteWrite(longTerm: Connection): object {
  const { url, headers, tls } = longTerm;
  return {
    url,
    send_exemplars: true,
    // What was refused for being too much is sent again.
    queue_config: { max_samples_per_send: 5000, capacity: 20_000, retry_on_http_429: true },
    ...defined({ headers }),
    ...tlsSection('tls_config', tls, prometheusTlsNames),
  };
}

/** What a job says of its targets comes afterwards, so that a probe's `site` is the one that it looks at. */
function comingFrom(origin: Readonly<Record<string, string>>, job: ScrapeJob): ScrapeJob {
  const relabelings = [...labelled(origin), ...(job.relabel_configs ?? [])];
  return { ...job, ...(relabelings.length > 0 && { relabel_configs: relabelings }) };
}

function labelled(labels: Readonly<Record<string, string>>): readonly object[] {
  return Object.entries(labels).map(([label, replacement]) => ({ target_label: label, replacement }));
}

/** How often a job's targets are read, where that is said of them. Nobody may take longer to answer than until the next time. */
export function readEvery(interval: Duration | undefined): object {
  if (interval === undefined) return {};
  const seconds = interval.toSeconds();
  const scrape_timeout = seconds < longestAnswerSeconds ? `${seconds}s` : undefined;
  return { scrape_interval: `${seconds}s`, ...defined({ scrape_timeout }) };
}

const longestAnswerSeconds = 10;

function scrapeConfig(
  { target, connection, credentials }: ConnectedTarget,
  { intervals, origin }: { readonly intervals: ScrapeIntervals; readonly origin: Readonly<Record<string, string>> },
): ScrapeJob {
  const { job, endpoint, path = '/metrics', timeout, labels = {}, honorLabels, params, samples, asked } = target;
  const relabelled = [...(asked === undefined ? [] : askedThrough(connection)), ...labelled(labels)];
  return {
    job_name: job,
    metrics_path: path,
    ...spokenTo(connection),
    ...readEvery(intervalOf(target, intervals)),
    ...defined({ scrape_timeout: timeout && `${timeout.toSeconds()}s` }),
    ...defined({ honor_labels: honorLabels, params, sample_limit: samples }),
    ...whereGiven(credentials, (folder) => proof(target, folder)),
    ...(asked === undefined
      ? found(endpoint, connection)
      : { static_configs: asked.map((each) => askedTarget(each, origin)) }),
    ...(relabelled.length > 0 && { relabel_configs: relabelled }),
  };
}

/**
 * What is asked stands where else an address does, with its parameters as labels that are gone when it is read. Where it is holds against
 * where the platform is.
 */
function askedTarget({ instance, params, labels = {} }: AskedTarget, origin: Readonly<Record<string, string>>): object {
  const hidden = Object.entries(params).map(([name, value]) => [`__param_${name}`, value] as const);
  return { targets: [instance], labels: { ...origin, ...Object.fromEntries(hidden), ...labels } };
}

/** @see https://prometheus.io/docs/guides/multi-target-exporter/ */
function askedThrough({ authority }: Connection): readonly object[] {
  return [
    { source_labels: ['__address__'], target_label: 'instance' },
    { target_label: '__address__', replacement: authority },
  ];
}

/** Read anew for each request. What is secret is for the target, not for where that points. */
function proof({ credentials }: ScrapeTarget, folder: string): object {
  return {
    ...(credentials?.kind === 'basic'
      ? { basic_auth: { username_file: `${folder}/username`, password_file: `${folder}/password` } }
      : { authorization: { type: 'Bearer', credentials_file: `${folder}/token` } }),
    follow_redirects: false,
  };
}

function alertmanager({ sink: { endpoint, path }, connection }: ConnectedSink): object {
  return {
    ...spokenTo(connection),
    ...(path !== '' && { path_prefix: path }),
    ...found(endpoint, connection),
  };
}

function found(endpoint: Endpoint | undefined, { host, port, authority }: Connection): object {
  if (endpoint?.resolvesToPods !== true) return { static_configs: [{ targets: [authority] }] };
  return { dns_sd_configs: [{ names: [host], type: 'A', port, refresh_interval: '15s' }] };
}

function spokenTo({ url, tls }: Connection): object {
  return {
    ...(url.startsWith('https:') && { scheme: 'https' }),
    ...tlsSection('tls_config', tls, prometheusTlsNames),
  };
}

/**
 * How it serves its own API. @returns nothing where that is plain HTTP
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/https/
 */
export function webConfig(tls: ServerTls | undefined): object | undefined {
  return tls && { tls_server_config: { cert_file: tls.certFile, key_file: tls.keyFile } };
}
