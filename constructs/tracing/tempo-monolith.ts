import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports } from '../contracts';
import { images } from '../images';
import type { Alert } from '../core/alert';
import type { IBucket } from '../core/bucket';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import { connectCache } from '../core/connected-cache';
import type { Dashboard } from '../core/dashboard';
import type { DataSource } from '../core/data-source';
import { defined } from '../core/defined';
import type { IExposure, ServiceEndpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import { Platform } from '../core/platform';
import { Probe } from '../core/probe';
import { mebibytes } from '../core/quantity';
import type { IQueryCache } from '../core/query-cache';
import { memoryLimitOf } from '../core/resources';
import { isRing, joinRing, ringCopies, ringPorts } from '../core/ring';
import type { PortDescription, ServerDescription, ServerProps } from '../core/server-description';
import type { IMetricsStore, ITraceStore } from '../core/stores';
import type { TraceExport } from '../core/trace-destination';
import type { ClaimProps } from '../core/volume';
import type { Workload } from '../core/workload';
import { credentialVariables } from '../storage/expanded-credentials';
import { ExternalTraceStore, type ExternalTraceStoreProps } from './external-trace-store';
import { apmRoutesStatus, apmServiceMap } from './apm-dashboards';
import { experienceDashboard } from './experience-dashboard';
import { tempoAlerts } from './tempo-alerts';
import { tempoDashboard } from './tempo-dashboard';
import { tempoConfig, tempoDataFolder } from './tempo-config';
import { tempoDataSource } from './tempo-data-source';
import { tempoObjectives } from './tempo-objectives';

/** Options of a {@link TempoMonolith}. */
export interface TempoMonolithProps extends ComponentProps, ServerProps {
  /** Bucket that holds the trace blocks; Tempo starts once it is there. */
  readonly blocks: IBucket;
  /**
   * Tempos that are one: of three or more each span is kept by three until it is in the bucket, so one may be killed or missing, and all that was
   * acknowledged is found. For that whoever sends waits 250 ms. A member slower than that has not all, of which `TempoCopiesMissing` tells; if then
   * another is killed, some traces are not always found for up to forty minutes, until they are in the bucket, and none is lost. Kubernetes starts
   * members together, which a StatefulSet that is there cannot be told later: one that was alone is to be deleted before (its volume stays).
   *
   * @default 1
   * @see docs/decisions/killed-tempo.md
   */
  readonly replicas?: number;
  /** Keeps what queries ask blocks for, and parts of their answers, in memory. @default - they are read and computed anew each time */
  readonly cache?: IQueryCache;
  /** How long a block is kept. @default Duration.days(30) */
  readonly retention?: Duration;
  /** Where span metrics and service-graph series are written. @default - the metrics generator is off */
  readonly metrics?: IMetricsStore;
  /** Bytes of spans a second that are taken. @default 15 MB */
  readonly ingestBytesPerSecond?: number;
  /**
   * Traces that may be open at once: those of twenty seconds, as a trace is closed ten seconds after its last span, by who looks every ten.
   * Spans of further ones are dropped, which nobody who sent them is told; `TempoRefusesSpans` is. Each takes some KiB of memory.
   *
   * @default 50000 - 2,500 new ones a second; Tempo's own 10,000 were too few at 5,000 spans a second (`npm run bench:live`)
   */
  readonly liveTraces?: number;
  /**
   * A door from outside to its query API. It asks nobody who he is: who comes in may read every trace.
   *
   * @default - none; `kubectl port-forward` works
   */
  readonly exposure?: IExposure;
  /** Write-ahead logs. @default 10 GiB of the environment's storage class */
  readonly volume?: ClaimProps;
}

/**
 * Grafana Tempo, all of it in each process: receiver, write-ahead log, querier and compaction. Blocks are on object storage. Several processes
 * are one Tempo ("scalable single binary"); for one whose parts have counts of their own use its chart, and `fromExternal`.
 */
export class TempoMonolith extends Component implements ITraceStore {
  /** A Tempo that is not ours. */
  static fromExternal(scope: Construct, id: string, props: ExternalTraceStoreProps): ITraceStore {
    return new ExternalTraceStore(scope, id, props);
  }

  readonly software = [images.tempo];
  readonly scrapeTargets: readonly ScrapeTarget[];
  /** OTLP over gRPC, port 4317; of several, under a name that resolves to each, as a client of gRPC stays with one of a Service's. */
  readonly otlpGrpc: ServiceEndpoint;
  /** OTLP over HTTP, port 4318. */
  readonly otlpHttp: ServiceEndpoint;
  /** HTTP query API, port 3200. */
  readonly query: ServiceEndpoint;
  readonly dataSource: DataSource;
  override readonly alerts: readonly Alert[];
  override readonly dashboards: readonly Dashboard[];
  override readonly slos = tempoObjectives(this.name, Platform.of(this).objectives);

  /** @throws {InvalidPropError} if the retention is shorter than an hour, or there are two replicas */
  constructor(scope: Construct, id: string, props: TempoMonolithProps) {
    super(scope, id, props);
    const { blocks, metrics, retention = Duration.days(30), ingestBytesPerSecond = 15_000_000 } = props;
    const { liveTraces = 50_000, replicas = 1 } = props;
    const several = isRing(`${this.node.path}.replicas`, replicas);
    const retentionHours = retention.toHours({ integral: false });
    if (retentionHours < 1)
      throw new InvalidPropError(`${this.node.path}.retention`, `${retentionHours} h`, 'an hour or more');
    const resources = props.resources ?? { cpu: '250m', memory: '512Mi', memoryLimit: '2Gi' };
    const memory = mebibytes(`${this.node.path}.resources.memory`, memoryLimitOf(resources), 0.8);
    const description: ServerDescription<keyof typeof clientPorts> = {
      image: images.tempo,
      user: 10001,
      role: 'trace-store',
      args: [
        '-config.file=/etc/tempo/tempo.yaml',
        '-config.expand-env=true',
        ...(several ? ['-target=scalable-single-binary'] : []),
      ],
      env: { GOMEMLIMIT: `${memory}MiB` },
      resources,
      ports: {
        ...clientPorts,
        ...(several && { 'otlp-grpc': { ...clientPorts['otlp-grpc'], byPod: true }, ...ringPorts }),
      },
      probes: {
        ready: '/ready',
        // Readiness fails while it joins or leaves its rings, which no restart would speed up.
        alive: Probe.http('http', '/status/version', { failures: 6 }),
        // It answers 503 for the first 16 to 18 seconds, and exits while its bucket is not there.
        startup: Probe.http('http', '/ready', { period: Duration.seconds(5), failures: 36 }),
      },
      claims: { data: { path: tempoDataFolder, ...(props.volume ?? { size: Size.gibibytes(10) }) } },
      scratch: { tmp: { path: '/tmp', size: Size.mebibytes(256) } },
      files: { path: '/etc/tempo', files: [ConfigFile.yaml('tempo.yaml', () => config)] },
      gracePeriod: Duration.seconds(60),
      // Members find each other before any is ready.
      parallel: several,
    };
    const { workload, endpoints, pods, scrapeTargets } = this.statefulSet('tempo', props, description, { replicas });
    const access = blocks.grantOwn(workload);
    for (const [name, source] of Object.entries(credentialVariables(access))) workload.setEnvFrom(name, source);
    const config = tempoConfig({
      blocks: access,
      retentionHours,
      ingestBytesPerSecond,
      liveTraces,
      origin: Platform.of(this).origin,
      ...defined({
        tls: this.tls,
        metrics: metrics && workload.connectToPath(metrics.remoteWrite),
        ring: joinRing(workload, pods, this.tls),
        cache: props.cache && connectCache(`${this.node.path}.cache`, workload, props.cache),
      }),
    });
    this.query = endpoints.http;
    if (props.exposure !== undefined) this.query.expose(props.exposure);
    this.dataSource = tempoDataSource({ endpoint: this.query, path: '' });
    this.otlpGrpc = pods['otlp-grpc'] ?? endpoints['otlp-grpc'];
    this.otlpHttp = endpoints['otlp-http'];
    this.scrapeTargets = scrapeTargets;
    const spanMetrics = metrics !== undefined;
    this.alerts = tempoAlerts({ job: this.name, namespace: this.namespace, spanMetrics, replicas });
    this.dashboards = [
      tempoDashboard(this.name, several ? ringCopies : 1),
      ...(metrics === undefined ? [] : [apmRoutesStatus, apmServiceMap, experienceDashboard]),
    ];
  }

  exportTraces(collector: Workload): TraceExport {
    const { name, otlpGrpc } = this;
    const balanced = otlpGrpc.resolvesToPods;
    return { kind: 'otlp', name, connection: collector.connectTo(otlpGrpc), ...(balanced && { balanced }) };
  }
}

const clientPorts = {
  http: { port: ports.tempoHttp, scheme: 'http', metrics: '/metrics', tls: true },
  'otlp-grpc': { port: ports.otlpGrpc, tls: true },
  'otlp-http': { port: ports.otlpHttp, scheme: 'http', tls: true },
} as const satisfies Readonly<Record<string, PortDescription>>;
