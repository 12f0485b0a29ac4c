import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports } from '../contracts';
import { images } from '../images';
import { Component, type ComponentProps, type IScrapable, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import { compareText } from '../core/content-hash';
import type { DataSource } from '../core/data-source';
import type { ServiceEndpoint } from '../core/endpoint';
import { DuplicateNameError } from '../core/errors';
import type { ServerProps } from '../core/server';
import type { StatefulSet } from '../core/stateful-set';
import type { EndpointPath, IMetricsStore } from '../core/stores';
import type { ClaimProps } from '../core/volume';
import { ExternalMetricsStore, type ExternalMetricsStoreProps } from './external-metrics-store';
import { prometheusDataSource } from './prometheus-data-source';
import { prometheusConfig, type ConnectedTarget, type PrometheusConfigOptions } from './prometheus-config';

/** Options of a {@link Prometheus}. */
export interface PrometheusProps extends ComponentProps, ServerProps {
  /** How often targets are read. @default Duration.seconds(30) */
  readonly scrapeInterval?: Duration;
  /** How long samples are kept. @default Duration.days(15) */
  readonly retention?: Duration;
  /** @default 50 GiB of the environment's storage class */
  readonly volume?: ClaimProps;
}

/** One Prometheus: reads the components it is given, and takes the series that Tempo writes. */
export class Prometheus extends Component implements IMetricsStore {
  /** A Prometheus that is not ours. */
  static fromExternal(scope: Construct, id: string, props: ExternalMetricsStoreProps): IMetricsStore {
    return new ExternalMetricsStore(scope, id, props);
  }

  readonly software = [images.prometheus];
  /** It reads itself without being asked. */
  readonly scrapeTargets: readonly ScrapeTarget[] = [];
  /** HTTP API, port 9090. */
  readonly api: ServiceEndpoint;
  readonly query: EndpointPath;
  readonly remoteWrite: EndpointPath;
  readonly dataSource: DataSource;
  private readonly server: StatefulSet;
  private readonly targets: ConnectedTarget[] = [];

  constructor(scope: Construct, id: string, props: PrometheusProps = {}) {
    super(scope, id, props);
    const volume = props.volume ?? { size: Size.gibibytes(50) };
    const { workload, endpoints } = this.statefulSet('server', props, {
      image: images.prometheus,
      user: 65534,
      role: 'metrics-store',
      args: [
        '--config.file=/etc/prometheus/prometheus.yml',
        '--config.auto-reload',
        '--storage.tsdb.path=/prometheus',
        '--web.enable-remote-write-receiver',
        '--enable-feature=exemplar-storage',
      ],
      resources: { cpu: '250m', memory: '512Mi', memoryLimit: '2Gi' },
      ports: { http: { port: ports.prometheus, scheme: 'http', byPod: true } },
      // Reading the write-ahead log again may take minutes.
      probes: { ready: '/-/ready', alive: '/-/healthy', startup: Duration.minutes(10) },
      claims: { data: { path: '/prometheus', ...volume } },
      files: {
        path: '/etc/prometheus',
        // It changes with every component that is read; a restart would read the write-ahead log again.
        reload: true,
        files: [ConfigFile.yaml('prometheus.yml', () => prometheusConfig(this.configOptions(props, volume)))],
      },
      // It writes what it holds in memory before it ends.
      gracePeriod: Duration.seconds(120),
    });
    this.server = workload;
    this.api = endpoints.http;
    this.query = { endpoint: this.api, path: '' };
    this.remoteWrite = { endpoint: this.api, path: '/api/v1/write' };
    this.dataSource = prometheusDataSource(this.query);
  }

  /**
   * Reads the metrics of components.
   *
   * @throws {DuplicateNameError} if two of their jobs have one name
   */
  scrape(...components: readonly IScrapable[]): void {
    for (const target of components.flatMap(({ scrapeTargets }) => scrapeTargets)) {
      if (this.targets.some(({ target: { job } }) => job === target.job)) {
        throw new DuplicateNameError('scrape job', target.job, this.node.path);
      }
      this.targets.push({ target, connection: this.server.connectTo(target.endpoint) });
    }
  }

  private configOptions(
    { scrapeInterval = Duration.seconds(30), retention = Duration.days(15) }: PrometheusProps,
    volume: ClaimProps,
  ): PrometheusConfigOptions {
    return {
      scrapeIntervalSeconds: scrapeInterval.toSeconds(),
      retentionHours: retention.toHours({ integral: false }),
      // The write-ahead log and a block that is being compacted take room beside what is kept.
      retentionMebibytes: Math.floor(volume.size.toMebibytes() * 0.75),
      targets: [...this.targets].sort((a, b) => compareText(a.target.job, b.target.job)),
    };
  }
}
