import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports } from '../contracts';
import { images } from '../images';
import type { IBucket } from '../core/bucket';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import type { ServiceEndpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import { Probe } from '../core/probe';
import { mebibytes } from '../core/quantity';
import { memoryLimitOf, type Resources } from '../core/resources';
import { Service } from '../core/service';
import { StatefulSet } from '../core/stateful-set';
import type { IMetricsStore, ITraceStore } from '../core/stores';
import type { TraceExport } from '../core/trace-destination';
import type { ClaimProps } from '../core/volume';
import type { Workload } from '../core/workload';
import { ExternalTraceStore, type ExternalTraceStoreProps } from './external-trace-store';
import { tempoConfig, tempoCredentials, tempoDataFolder } from './tempo-config';

/** Options of a {@link TempoMonolith}. */
export interface TempoMonolithProps extends ComponentProps {
  /** Bucket that holds the trace blocks; Tempo starts once it is there. */
  readonly blocks: IBucket;
  /** How long a block is kept. @default Duration.days(30) */
  readonly retention?: Duration;
  /** Where span metrics and service-graph series are written. @default - the metrics generator is off */
  readonly metrics?: IMetricsStore;
  /** Bytes of spans a second that are taken. @default 15 MB */
  readonly ingestBytesPerSecond?: number;
  /** Write-ahead logs. @default 10 GiB of the environment's storage class */
  readonly volume?: ClaimProps;
  /** @default 250m and 512 MiB, at most 2 GiB */
  readonly resources?: Resources;
  /** @default - Tempo of the images table */
  readonly image?: string;
}

/** Grafana Tempo in one process: receiver, write-ahead log, querier and compaction. Blocks are on object storage. */
export class TempoMonolith extends Component implements ITraceStore {
  /** A Tempo that is not ours. */
  static fromExternal(scope: Construct, id: string, props: ExternalTraceStoreProps): ITraceStore {
    return new ExternalTraceStore(scope, id, props);
  }

  readonly software = [images.tempo];
  readonly scrapeTargets: readonly ScrapeTarget[];
  /** OTLP over gRPC, port 4317. */
  readonly otlpGrpc: ServiceEndpoint;
  /** OTLP over HTTP, port 4318. */
  readonly otlpHttp: ServiceEndpoint;
  /** HTTP query API, port 3200. */
  readonly query: ServiceEndpoint;

  /** @throws {InvalidPropError} if the retention is shorter than an hour */
  constructor(scope: Construct, id: string, props: TempoMonolithProps) {
    super(scope, id, props);
    const tempo = this.main(this.tempo(props));
    const service = new Service(this, 'service', { workload: tempo });
    this.query = service.endpoint({ name: 'http', port: ports.tempoHttp, scheme: 'http' });
    this.otlpGrpc = service.endpoint({ name: 'otlp-grpc', port: ports.otlpGrpc });
    this.otlpHttp = service.endpoint({ name: 'otlp-http', port: ports.otlpHttp, scheme: 'http' });
    tempo.headless.endpoint({ name: 'http', port: ports.tempoHttp, scheme: 'http' });
    this.scrapeTargets = [{ job: this.name, endpoint: this.query }];
  }

  exportTraces(collector: Workload): TraceExport {
    return { kind: 'otlp', name: this.name, connection: collector.connectTo(this.otlpGrpc) };
  }

  private tempo(props: TempoMonolithProps): StatefulSet {
    const retention = props.retention ?? Duration.days(30);
    const resources = props.resources ?? { cpu: '250m', memory: '512Mi', memoryLimit: '2Gi' };
    const retentionHours = retention.toHours({ integral: false });
    if (retentionHours < 1) {
      throw new InvalidPropError(`${this.node.path}.retention`, `${retentionHours} h`, 'an hour or more');
    }
    const memory = mebibytes(`${this.node.path}.resources.memory`, memoryLimitOf(resources), 0.8);
    const tempo = new StatefulSet(this, 'tempo', {
      ...this.common,
      name: this.name,
      role: 'trace-store',
      runAs: { user: 10001 },
      gracePeriod: Duration.seconds(60),
      container: {
        image: images.tempo,
        ...(props.image !== undefined && { imageOverride: props.image }),
        args: ['-config.file=/etc/tempo/tempo.yaml', '-config.expand-env=true'],
        env: { GOMEMLIMIT: `${memory}MiB` },
        resources,
        // It answers 503 for the first 16 to 18 seconds, and exits while its bucket is not there.
        startup: Probe.http('http', '/ready', { period: Duration.seconds(5), failures: 36 }),
        readiness: Probe.http('http', '/ready'),
        // Readiness fails while it joins or leaves its rings, which no restart would speed up.
        liveness: Probe.http('http', '/status/version', { failures: 6 }),
      },
    });
    const blocks = props.blocks.grantOwn(tempo);
    for (const [name, source] of Object.entries(tempoCredentials(blocks))) tempo.setEnvFrom(name, source);
    const metrics = props.metrics && tempo.connectToPath(props.metrics.remoteWrite);
    const config = tempoConfig({
      blocks,
      retentionHours,
      ingestBytesPerSecond: props.ingestBytesPerSecond ?? 15_000_000,
      ...(metrics !== undefined && { metrics }),
    });
    tempo.mount(tempo.addConfig('config', [ConfigFile.yaml('tempo.yaml', () => config)]), '/etc/tempo');
    tempo.mount(tempo.addClaim('data', props.volume ?? { size: Size.gibibytes(10) }), tempoDataFolder);
    tempo.mount(tempo.addScratch('tmp', Size.mebibytes(256)), '/tmp');
    return tempo;
  }
}
