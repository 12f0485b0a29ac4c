import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports } from '../contracts';
import { images } from '../images';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import type { ContainerProps } from '../core/container';
import { Deployment, type AutoscalerProps } from '../core/deployment';
import type { ServiceEndpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import { NetworkPeer } from '../core/network-peer';
import { Probe } from '../core/probe';
import { mebibytes } from '../core/quantity';
import { memoryLimitOf, type Resources } from '../core/resources';
import { Service } from '../core/service';
import { StatefulSet } from '../core/stateful-set';
import type { ITraceDestination } from '../core/trace-destination';
import type { ClaimProps } from '../core/volume';
import { aggregatorConfig, queueFolder, type TailPolicy } from './aggregator-config';
import { ingestorConfig } from './ingestor-config';
import { streamVariables } from './stream-security';

/** Options of the {@link OtelTier}'s first tier. */
export interface IngestorProps {
  /** @default 1, or as the autoscaler says */
  readonly replicas?: number;
  /** @default - a fixed count */
  readonly autoscaler?: AutoscalerProps;
  /** @default 100m and 256 MiB */
  readonly resources?: Resources;
  /** Requests that are held while no aggregator takes them. @default 1000 */
  readonly queueSize?: number;
}

/** Options of the {@link OtelTier}'s second tier. */
export interface AggregatorProps {
  /** @default 1 */
  readonly replicas?: number;
  /** Queues of each pod. @default 4 GiB of the environment's storage class */
  readonly volume?: ClaimProps;
  /** @default 200m and 512 MiB */
  readonly resources?: Resources;
  /** How long spans of a trace are waited for. @default Duration.seconds(3) */
  readonly wait?: Duration;
  /** Traces held meanwhile: about traces a second times {@link wait}. @default 20000 */
  readonly numTraces?: number;
  /** Spans in a batch. @default 1024 */
  readonly batchSize?: number;
  /** How long a batch may take to fill. @default Duration.seconds(10) */
  readonly batchTimeout?: Duration;
}

/** Options of an {@link OtelTier}. */
export interface OtelTierProps extends ComponentProps {
  /** Where traces go: every one of these gets every trace, whatever the others do. */
  readonly traces: readonly ITraceDestination[];
  readonly ingestor?: IngestorProps;
  readonly aggregator?: AggregatorProps;
  /** How long a destination may be away before what is held for it is given up. @default Duration.hours(1) */
  readonly retryFor?: Duration;
  /** Keeps errors, slow traces and a share of the others in trace stores. @default - they get every trace */
  readonly tail?: TailPolicy;
  /** Who sends. @default - every pod of the cluster */
  readonly clients?: readonly NetworkPeer[];
  /** @default - the collector of the images table */
  readonly image?: string;
}

const collectorUser = { user: 10001 } as const;

/**
 * OpenTelemetry collectors in two tiers. Applications send to the ingestor; it sends all spans of a trace to one
 * aggregator, which normalizes them and delivers them to each destination from a queue on its own volume.
 */
export class OtelTier extends Component {
  readonly software = [images.collector];
  readonly scrapeTargets: readonly ScrapeTarget[];
  /** OTLP over gRPC for applications, `otel-ingestor:4317`. */
  readonly otlpGrpc: ServiceEndpoint;
  /** OTLP over HTTP for applications, `otel-ingestor:4318`. */
  readonly otlpHttp: ServiceEndpoint;

  /** @throws {InvalidPropError} if there is no destination or a quantity cannot be read */
  constructor(scope: Construct, id: string, props: OtelTierProps) {
    super(scope, id, props);
    if (props.traces.length === 0)
      throw new InvalidPropError(`${this.node.path}.traces`, [], 'at least one destination');
    const aggregator = this.aggregator(props);
    const intake = aggregator.headless.endpoint({ name: 'otlp-grpc', port: ports.otlpGrpc });
    const ingestor = this.main(this.ingestor(props, intake));
    const clients = new Service(this, 'service', { workload: ingestor });
    this.otlpGrpc = clients.endpoint({ name: 'otlp-grpc', port: ports.otlpGrpc });
    this.otlpHttp = clients.endpoint({ name: 'otlp-http', port: ports.otlpHttp, scheme: 'http' });
    for (const endpoint of [this.otlpGrpc, this.otlpHttp]) {
      endpoint.acceptFrom(props.clients ?? [NetworkPeer.anyNamespace()], 'traces of applications');
    }
    new Service(this, 'aggregator-service', { workload: aggregator }).endpoint({
      name: 'otlp-grpc',
      port: ports.otlpGrpc,
    });
    const ingestors = new Service(this, 'ingestor-headless', { workload: ingestor, headless: true });
    const metrics = { name: 'metrics', port: ports.collectorMetrics, scheme: 'http' };
    this.scrapeTargets = [
      { job: ingestor.name, endpoint: ingestors.endpoint(metrics) },
      { job: aggregator.name, endpoint: aggregator.headless.endpoint(metrics) },
    ];
  }

  private ingestor(props: OtelTierProps, intake: ServiceEndpoint): Deployment {
    const { replicas, autoscaler, resources, queueSize = 1000 } = props.ingestor ?? {};
    const ingestor = new Deployment(this, 'ingestor', {
      ...this.common,
      name: `${this.name}-ingestor`,
      role: 'collector',
      runAs: collectorUser,
      ...(replicas !== undefined && { replicas }),
      ...(autoscaler !== undefined && { autoscaler }),
      container: this.container(props, resources ?? { cpu: '100m', memory: '256Mi' }),
    });
    ingestor.listen('health', ports.collectorHealth);
    const config = ingestorConfig({
      aggregator: ingestor.connectTo(intake),
      retrySeconds: 300,
      queueSize,
    });
    ingestor.mount(
      ingestor.addConfig('config', [ConfigFile.yaml('config.yaml', () => config)]),
      '/etc/otelcol-contrib',
    );
    return ingestor;
  }

  private aggregator(props: OtelTierProps): StatefulSet {
    const tier = props.aggregator ?? {};
    const wait = tier.wait ?? Duration.seconds(3);
    const volume = tier.volume ?? { size: Size.gibibytes(4) };
    const aggregator = new StatefulSet(this, 'aggregator', {
      ...this.common,
      name: `${this.name}-aggregator`,
      role: 'collector',
      runAs: collectorUser,
      ...(tier.replicas !== undefined && { replicas: tier.replicas }),
      // What is being grouped and batched has to reach the queues.
      gracePeriod: Duration.seconds(wait.toSeconds() + 30),
      container: this.container(props, tier.resources ?? { cpu: '200m', memory: '512Mi' }),
    });
    aggregator.listen('health', ports.collectorHealth);
    const destinations = props.traces.map((destination) => destination.exportTraces(aggregator));
    for (const [name, source] of Object.entries(streamVariables(destinations))) aggregator.setEnvFrom(name, source);
    const config = aggregatorConfig({
      destinations,
      waitSeconds: wait.toSeconds(),
      numTraces: tier.numTraces ?? 20_000,
      batchSize: tier.batchSize ?? 1024,
      batchTimeoutSeconds: (tier.batchTimeout ?? Duration.seconds(10)).toSeconds(),
      retrySeconds: (props.retryFor ?? Duration.hours(1)).toSeconds(),
      // Half of the volume for all queues; compaction writes each file once more before it removes the old one.
      queueBytes: Math.floor((volume.size.toMebibytes() * 2 ** 20) / 2 / destinations.length),
      ...(props.tail !== undefined && { tail: props.tail }),
    });
    const file = ConfigFile.yaml('config.yaml', () => config);
    aggregator.mount(aggregator.addConfig('config', [file]), '/etc/otelcol-contrib');
    aggregator.mount(aggregator.addClaim('queue', volume), queueFolder);
    return aggregator;
  }

  private container(props: OtelTierProps, resources: Resources): ContainerProps {
    const memory = mebibytes(`${this.node.path}.resources.memory`, memoryLimitOf(resources), 0.8);
    return {
      image: images.collector,
      ...(props.image !== undefined && { imageOverride: props.image }),
      args: ['--config=/etc/otelcol-contrib/config.yaml'],
      env: { GOMEMLIMIT: `${memory}MiB` },
      resources,
      readiness: Probe.http('health', '/'),
      liveness: Probe.http('health', '/'),
    };
  }
}
