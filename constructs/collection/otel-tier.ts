import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports } from '../contracts';
import { images } from '../images';
import type { Alert } from '../core/alert';
import { quickScaleUp, type AutoscalerProps } from '../core/autoscaler';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import { defined } from '../core/defined';
import type { Deployment } from '../core/deployment';
import type { ServiceEndpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import type { ILogDestination } from '../core/log-destination';
import type { IMetricsDestination } from '../core/metrics-destination';
import { NetworkPeer } from '../core/network-peer';
import { Platform } from '../core/platform';
import { Probe } from '../core/probe';
import { mebibytes } from '../core/quantity';
import { memoryLimitOf, type Resources } from '../core/resources';
import { SecretRef } from '../core/secret-ref';
import type { PortDescription, Server, ServerProps } from '../core/server-description';
import type { StatefulSet } from '../core/stateful-set';
import type { ITraceDestination } from '../core/trace-destination';
import type { ClaimProps } from '../core/volume';
import { aggregatorConfig, queueFolder, type TailPolicy } from './aggregator-config';
import { collectorAlerts } from './collector-alerts';
import { collectorDashboard } from './collector-dashboard';
import { collectorObjectives } from './collector-objectives';
import { ingestorConfig } from './ingestor-config';
import { redactionOf, saltVariable, type Redaction, type RedactionProps } from './redaction';
import { clearingFeature } from './redaction-statements';
import { signals, type Signal } from './signal';
import { streamVariables } from './stream-security';
import { checkTraceProtocols, traceProtocolPorts, type TraceProtocol } from './trace-protocols';

/** Options of the {@link OtelTier}'s first tier. */
export interface IngestorProps {
  /** @default 1, or as the autoscaler says */
  readonly replicas?: number;
  /**
   * Pods by use of CPU and memory. Unless it says otherwise they come two every half minute, at once, and go one a minute, ten minutes
   * after they were needed last.
   *
   * @default - a fixed count
   */
  readonly autoscaler?: AutoscalerProps;
  /** @default 100m and 256 MiB */
  readonly resources?: Resources;
  /** Requests of each signal that are held while no aggregator takes them. @default 1000 */
  readonly queueSize?: number;
  /** Settings that are merged into `config.yaml`. @default - none */
  readonly config?: ServerProps['config'];
}

/** Options of the {@link OtelTier}'s second tier. */
export interface AggregatorProps {
  /** @default 1 */
  readonly replicas?: number;
  /** Queues of each pod, one for each destination of each signal; they share it evenly. @default 4 GiB of the environment's storage class */
  readonly volume?: ClaimProps;
  /** @default 200m and 512 MiB */
  readonly resources?: Resources;
  /** How long spans of a trace are waited for. @default Duration.seconds(3) */
  readonly wait?: Duration;
  /** Traces held meanwhile: about traces a second times {@link wait}. @default 20000 */
  readonly numTraces?: number;
  /** Spans, log records or data points in a batch. @default 1024 */
  readonly batchSize?: number;
  /** How long a batch of spans may take to fill. @default Duration.seconds(10) */
  readonly batchTimeout?: Duration;
  /** Settings that are merged into `config.yaml`. @default - none */
  readonly config?: ServerProps['config'];
}

/** Options of an {@link OtelTier}. */
export interface OtelTierProps extends ComponentProps {
  /** Where traces go: every one of these gets every trace, whatever the others do. */
  readonly traces: readonly ITraceDestination[];
  /**
   * By which programs may send traces that do not speak OTLP: Jaeger's clients and Zipkin's.
   *
   * @default - by OTLP alone
   */
  readonly traceProtocols?: readonly TraceProtocol[];
  /** Where log records go, each to every one of these. @default - they are refused */
  readonly logs?: readonly ILogDestination[];
  /** Where metrics go, each to every one of these. @default - they are refused */
  readonly metrics?: readonly IMetricsDestination[];
  readonly ingestor?: IngestorProps;
  readonly aggregator?: AggregatorProps;
  /** How long a destination may be away before what is held for it is given up. @default Duration.hours(1) */
  readonly retryFor?: Duration;
  /** Keeps errors, slow traces and a share of the others in trace stores. @default - they get every trace */
  readonly tail?: TailPolicy;
  /**
   * What is taken out of every signal before any destination gets it: attributes whose keys look dangerous, credentials and e-mail
   * addresses within values, and more by its options.
   *
   * @default - the defaults of {@link RedactionProps}; `'none'` leaves everything as it is
   */
  readonly redaction?: RedactionProps | 'none';
  /** Who sends. @default - every pod of the cluster */
  readonly clients?: readonly NetworkPeer[];
  /** @default - the collector of the images table */
  readonly image?: string;
}

const configFolder = '/etc/otelcol-contrib';
const ownMetrics = {
  metrics: { port: ports.collectorMetrics, scheme: 'http', metrics: '/metrics', forClients: false },
} as const;

/**
 * OpenTelemetry collectors in two tiers. Applications send to the ingestor; it sends all spans of a trace, and all metrics of a
 * process, to one aggregator, which normalizes what comes and delivers it to each destination from a queue on its own volume.
 */
export class OtelTier extends Component {
  readonly software = [images.collector];
  readonly scrapeTargets: readonly ScrapeTarget[];
  /** What it takes; other signals are refused. */
  readonly signals: readonly Signal[];
  private readonly jobs = { ingestor: `${this.name}-ingestor`, aggregator: `${this.name}-aggregator` };
  override readonly alerts: readonly Alert[];
  override readonly dashboards = [collectorDashboard(this.name, this.jobs)];
  override readonly slos = collectorObjectives(this.jobs, Platform.of(this).objectives);
  /** OTLP over gRPC for applications, `otel-ingestor:4317`. */
  readonly otlpGrpc: ServiceEndpoint;
  /** OTLP over HTTP for applications, `otel-ingestor:4318`. */
  readonly otlpHttp: ServiceEndpoint;
  /** The other protocols for applications that are taken, `otel-ingestor:9411`. */
  readonly otherProtocols: Readonly<Partial<Record<TraceProtocol, ServiceEndpoint>>>;

  /**
   * @throws {InvalidPropError} if there is no destination, a quantity cannot be read, redaction contradicts itself, or a protocol cannot be
   * encrypted where servers of the platform are
   */
  constructor(scope: Construct, id: string, props: OtelTierProps) {
    super(scope, id, props);
    if (props.traces.length === 0)
      throw new InvalidPropError(`${this.node.path}.traces`, [], 'at least one destination');
    const taken = signals.filter((signal) => (props[signal] ?? []).length > 0);
    this.signals = taken;
    this.alerts = collectorAlerts(this.jobs, taken);
    const aggregator = this.aggregator(props);
    const intake = aggregator.pods['otlp-grpc'] ?? aggregator.endpoints['otlp-grpc'];
    const ingestor = this.ingestor(props, intake, taken);
    this.node.defaultChild = ingestor.workload;
    this.otlpGrpc = ingestor.endpoints['otlp-grpc'];
    this.otlpHttp = ingestor.endpoints['otlp-http'];
    this.otherProtocols = Object.fromEntries(
      (props.traceProtocols ?? []).map((protocol) => [protocol, ingestor.endpoints[protocol]]),
    );
    const clients = props.clients ?? [NetworkPeer.anyNamespace()];
    for (const endpoint of [this.otlpGrpc, this.otlpHttp])
      endpoint.acceptFrom(clients, `${taken.join(', ')} of applications`);
    for (const endpoint of Object.values(this.otherProtocols)) endpoint.acceptFrom(clients, 'traces of applications');
    this.scrapeTargets = [...ingestor.scrapeTargets, ...aggregator.scrapeTargets];
  }

  private ingestor(
    props: OtelTierProps,
    intake: ServiceEndpoint,
    taken: readonly Signal[],
  ): Server<Deployment, 'otlp-grpc' | 'otlp-http' | TraceProtocol> {
    const { traceProtocols = [] } = props;
    checkTraceProtocols(`${this.node.path}.traceProtocols`, traceProtocols, this.tls);
    const {
      replicas,
      autoscaler,
      resources = { cpu: '100m', memory: '256Mi' },
      queueSize = 1000,
    } = props.ingestor ?? {};
    const server = this.deployment(
      'ingestor',
      defined({ image: props.image, config: props.ingestor?.config }),
      {
        ...this.collector(resources),
        name: `${this.name}-ingestor`,
        ports: {
          'otlp-grpc': { port: ports.otlpGrpc, tls: true },
          'otlp-http': { port: ports.otlpHttp, scheme: 'http', tls: true },
          ...(Object.fromEntries(traceProtocols.map((protocol) => [protocol, traceProtocolPorts[protocol]])) as Record<
            TraceProtocol,
            PortDescription
          >),
          ...ownMetrics,
        },
        files: { path: configFolder, files: [ConfigFile.yaml('config.yaml', () => config)] },
      },
      { replicas, autoscaler: autoscaler && { behavior: quickScaleUp, ...autoscaler } },
    );
    const aggregator = server.workload.connectTo(intake);
    const config = ingestorConfig({
      aggregator,
      signals: taken,
      retrySeconds: 300,
      queueSize,
      traceProtocols,
      ...defined({ tls: this.tls }),
    });
    return server;
  }

  private aggregator(props: OtelTierProps): Server<StatefulSet, 'otlp-grpc'> {
    const tier = props.aggregator ?? {};
    const { resources = { cpu: '200m', memory: '512Mi' }, wait = Duration.seconds(3) } = tier;
    const redaction = this.redaction(props);
    const volume = tier.volume ?? { size: Size.gibibytes(4) };
    const server = this.statefulSet(
      'aggregator',
      defined({ image: props.image, config: tier.config }),
      {
        ...this.collector(resources, redaction?.links === 'remove' ? [clearingFeature] : []),
        name: `${this.name}-aggregator`,
        ports: { 'otlp-grpc': { port: ports.otlpGrpc, byPod: true, tls: true }, ...ownMetrics },
        claims: { queue: { path: queueFolder, ...volume } },
        files: { path: configFolder, files: [ConfigFile.yaml('config.yaml', () => config)] },
        // What is being grouped has to reach the queues.
        gracePeriod: Duration.seconds(wait.toSeconds() + 30),
      },
      { replicas: tier.replicas },
    );
    const { workload } = server;
    const traces = props.traces.map((destination) => destination.exportTraces(workload));
    const logs = (props.logs ?? []).map((destination) => destination.exportLogs(workload));
    const metrics = (props.metrics ?? []).map((destination) => destination.exportMetrics(workload));
    for (const [name, source] of Object.entries(streamVariables(traces))) workload.setEnvFrom(name, source);
    if (redaction !== undefined && redaction.hash.length > 0)
      workload.setEnvFrom(saltVariable, this.salt(props).key('salt'));
    const config = aggregatorConfig({
      traces,
      logs,
      metrics,
      waitSeconds: wait.toSeconds(),
      numTraces: tier.numTraces ?? 20_000,
      batchSize: tier.batchSize ?? 1024,
      batchTimeoutSeconds: (tier.batchTimeout ?? Duration.seconds(10)).toSeconds(),
      retrySeconds: (props.retryFor ?? Duration.hours(1)).toSeconds(),
      origin: Platform.of(this).origin,
      // Half of the volume for all queues; compaction writes each file once more before it removes the old one.
      queueBytes: Math.floor(
        (volume.size.toMebibytes() * 2 ** 20) / 2 / (traces.length + logs.length + metrics.length),
      ),
      ...defined({ tail: props.tail, redaction, tls: this.tls }),
    });
    return server;
  }

  private redaction({ redaction = {} }: OtelTierProps): Redaction | undefined {
    return redaction === 'none' ? undefined : redactionOf(`${this.node.path}.redaction`, redaction);
  }

  private salt({ redaction }: OtelTierProps): SecretRef {
    const source = redaction === 'none' ? undefined : redaction?.hash?.salt;
    const keys = { salt: { kind: 'password' } } as const;
    return new SecretRef(this, 'redaction-salt', { name: `${this.name}-redaction`, keys, ...defined({ source }) });
  }

  /** What both tiers are. */
  private collector(resources: Resources, features: readonly string[] = []) {
    const memory = mebibytes(`${this.node.path}.resources.memory`, memoryLimitOf(resources), 0.8);
    return {
      image: images.collector,
      user: 10001,
      role: 'collector',
      args: [`--config=${configFolder}/config.yaml`, ...features.map((feature) => `--feature-gates=${feature}`)],
      env: { GOMEMLIMIT: `${memory}MiB` },
      resources,
      listens: { health: ports.collectorHealth },
      // It has one path for both: unready after half a minute, started again after a whole one.
      probes: { ready: Probe.http('health', '/'), alive: Probe.http('health', '/', { failures: 6 }) },
    };
  }
}
