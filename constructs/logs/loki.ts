import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports } from '../contracts';
import { images } from '../images';
import type { Alert } from '../core/alert';
import type { IBucket } from '../core/bucket';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import type { DataSource } from '../core/data-source';
import { defined } from '../core/defined';
import type { ServiceEndpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import type { LogExport } from '../core/log-destination';
import { Probe } from '../core/probe';
import { mebibytes } from '../core/quantity';
import { memoryLimitOf } from '../core/resources';
import type { ServerProps } from '../core/server-description';
import type { EndpointPath, ILogStore } from '../core/stores';
import type { ClaimProps } from '../core/volume';
import type { Workload } from '../core/workload';
import { credentialVariables } from '../storage/expanded-credentials';
import { ExternalLogStore, type ExternalLogStoreProps } from './external-log-store';
import { lokiAlerts } from './loki-alerts';
import { lokiConfig, lokiDataFolder } from './loki-config';
import { lokiDashboard } from './loki-dashboard';
import { lokiDataSource } from './loki-data-source';
import { logsDashboard } from './logs-dashboard';

/** Options of a {@link Loki}. */
export interface LokiProps extends ComponentProps, ServerProps {
  /** Bucket that holds chunks and index. @default - the volume does */
  readonly chunks?: IBucket;
  /** How long a line is kept, whole hours. @default Duration.days(30) */
  readonly retention?: Duration;
  /** Bytes of lines a second that are taken; what is more is refused, and who sends it tries again. @default 4 MiB, as Loki's own */
  readonly ingestBytesPerSecond?: number;
  /** Streams that may be open at once; lines of further ones are refused. @default 5000, as Loki's own */
  readonly streams?: number;
  /** Parts of a query that are worked on at once; each takes memory. @default 16 */
  readonly queryParallelism?: number;
  /**
   * Resource attributes that tell streams apart; in queries their dots are underscores. Each value of each makes a stream, so only what has few.
   *
   * @default - names of service, its namespace, cluster, its namespaces, and environment
   */
  readonly streamAttributes?: readonly string[];
  /** Write-ahead log and index, and all lines where there is no bucket. @default 10 GiB of the environment's storage class */
  readonly volume?: ClaimProps;
}

/** Grafana Loki in one process. Lines come by OTLP; their trace ids are metadata that Grafana links to traces. */
export class Loki extends Component implements ILogStore {
  /** A Loki that is not ours. */
  static fromExternal(scope: Construct, id: string, props: ExternalLogStoreProps): ILogStore {
    return new ExternalLogStore(scope, id, props);
  }

  readonly software = [images.loki];
  readonly scrapeTargets: readonly ScrapeTarget[];
  /** HTTP API, port 3100: queries, and lines by OTLP below `/otlp`. */
  readonly api: ServiceEndpoint;
  readonly query: EndpointPath;
  readonly otlpHttp: EndpointPath;
  readonly dataSource: DataSource;
  override readonly alerts: readonly Alert[];
  override readonly dashboards = [lokiDashboard(this.name), logsDashboard];

  /** @throws {InvalidPropError} if the retention is no whole number of hours or shorter than a day, or a limit is no positive count */
  constructor(scope: Construct, id: string, props: LokiProps = {}) {
    super(scope, id, props);
    const { chunks, retention = Duration.days(30), streamAttributes = standardAttributes } = props;
    const { ingestBytesPerSecond = 4 * 2 ** 20, streams = 5000, queryParallelism = 16 } = props;
    const retentionHours = retention.toHours({ integral: false });
    if (!Number.isInteger(retentionHours) || retentionHours < 24)
      throw new InvalidPropError(`${this.node.path}.retention`, `${retentionHours} h`, 'whole hours, a day or more');
    for (const [prop, value] of Object.entries({ ingestBytesPerSecond, streams, queryParallelism }))
      if (!Number.isInteger(value) || value < 1)
        throw new InvalidPropError(`${this.node.path}.${prop}`, value, 'a count of at least 1');
    const resources = props.resources ?? { cpu: '250m', memory: '512Mi', memoryLimit: '2Gi' };
    const memory = mebibytes(`${this.node.path}.resources.memory`, memoryLimitOf(resources), 0.8);
    const { workload, endpoints, scrapeTargets } = this.statefulSet('loki', props, {
      image: images.loki,
      user: 10001,
      role: 'log-store',
      args: ['-config.file=/etc/loki/loki.yaml', '-config.expand-env=true'],
      env: { GOMEMLIMIT: `${memory}MiB` },
      resources,
      ports: { http: { port: ports.lokiHttp, scheme: 'http', metrics: '/metrics', tls: true } },
      probes: {
        ready: '/ready',
        // Readiness fails while it joins or leaves its rings, which no restart would speed up.
        alive: Probe.http('http', '/loki/api/v1/status/buildinfo', { failures: 6 }),
        // It answers 503 for the first half minute, and reads its write-ahead log before.
        startup: Probe.http('http', '/ready', { period: Duration.seconds(5), failures: 60 }),
      },
      claims: { data: { path: lokiDataFolder, ...(props.volume ?? { size: Size.gibibytes(10) }) } },
      scratch: { tmp: { path: '/tmp', size: Size.mebibytes(256) } },
      files: { path: '/etc/loki', files: [ConfigFile.yaml('loki.yaml', () => config)] },
      // It writes what it holds in memory before it ends.
      gracePeriod: Duration.seconds(120),
    });
    const access = chunks?.grantOwn(workload);
    for (const [name, source] of Object.entries(access === undefined ? {} : credentialVariables(access)))
      workload.setEnvFrom(name, source);
    const limits = { retentionHours, ingestBytesPerSecond, streams, queryParallelism };
    const config = lokiConfig({ ...limits, streamAttributes, ...defined({ chunks: access, tls: this.tls }) });
    this.api = endpoints.http;
    this.query = { endpoint: this.api, path: '' };
    this.otlpHttp = { endpoint: this.api, path: '/otlp' };
    this.dataSource = lokiDataSource(this.query);
    this.scrapeTargets = scrapeTargets;
    this.alerts = lokiAlerts(this.name, this.namespace);
  }

  exportLogs(collector: Workload): LogExport {
    return { name: this.name, connection: collector.connectToPath(this.otlpHttp) };
  }
}

const standardAttributes: readonly string[] = [
  'service.name',
  'service.namespace',
  'k8s.namespace.name',
  'k8s.cluster.name',
  'deployment.environment.name',
];
