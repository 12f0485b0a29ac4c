import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports } from '../contracts';
import { images } from '../images';
import { Component, type ComponentProps, type IScrapable, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import type { Endpoint, ServiceEndpoint } from '../core/endpoint';
import { DuplicateNameError } from '../core/errors';
import { Probe } from '../core/probe';
import type { Resources } from '../core/resources';
import { Service } from '../core/service';
import { StatefulSet } from '../core/stateful-set';
import type { IMetricsStore } from '../core/stores';
import type { ClaimProps } from '../core/volume';
import { prometheusConfig } from './prometheus-config';

/** Options of a {@link Prometheus}. */
export interface PrometheusProps extends ComponentProps {
  /** How often targets are read. @default Duration.seconds(30) */
  readonly scrapeInterval?: Duration;
  /** How long samples are kept. @default Duration.days(15) */
  readonly retention?: Duration;
  /** @default 50 GiB of the environment's storage class */
  readonly volume?: ClaimProps;
  /** @default 250m and 512 MiB, at most 2 GiB */
  readonly resources?: Resources;
  /** @default - Prometheus of the images table */
  readonly image?: string;
}

/** One Prometheus: reads the components it is given, and takes the series that Tempo writes. */
export class Prometheus extends Component implements IMetricsStore {
  /** A Prometheus that is not ours. */
  static fromExternal(api: Endpoint): IMetricsStore {
    return { api };
  }

  readonly software = [images.prometheus];
  /** It reads itself without being asked. */
  readonly scrapeTargets: readonly ScrapeTarget[] = [];
  /** HTTP API, port 9090: queries, and remote write at `/api/v1/write`. */
  readonly api: ServiceEndpoint;
  private readonly server: StatefulSet;
  private readonly targets: ScrapeTarget[] = [];

  constructor(scope: Construct, id: string, props: PrometheusProps = {}) {
    super(scope, id, props);
    this.server = this.prometheus(props);
    const service = new Service(this, 'service', { workload: this.server });
    this.api = service.endpoint({ name: 'http', port: ports.prometheus, scheme: 'http' });
    this.server.headless.endpoint({ name: 'http', port: ports.prometheus, scheme: 'http' });
  }

  /**
   * Reads the metrics of components.
   *
   * @throws {DuplicateNameError} if two of their jobs have one name
   */
  scrape(...components: readonly IScrapable[]): void {
    for (const target of components.flatMap(({ scrapeTargets }) => scrapeTargets)) {
      if (this.targets.some(({ job }) => job === target.job)) {
        throw new DuplicateNameError('scrape job', target.job, this.node.path);
      }
      this.server.connectTo(target.endpoint);
      this.targets.push(target);
    }
  }

  private prometheus(props: PrometheusProps): StatefulSet {
    const volume = props.volume ?? { size: Size.gibibytes(50) };
    const server = new StatefulSet(this, 'server', {
      ...this.common,
      name: this.name,
      role: 'metrics-store',
      runAs: { user: 65534 },
      // It writes what it holds in memory before it ends.
      gracePeriod: Duration.seconds(120),
      container: {
        image: images.prometheus,
        ...(props.image !== undefined && { imageOverride: props.image }),
        args: [
          '--config.file=/etc/prometheus/prometheus.yml',
          '--storage.tsdb.path=/prometheus',
          '--web.enable-remote-write-receiver',
          '--enable-feature=exemplar-storage',
        ],
        resources: props.resources ?? { cpu: '250m', memory: '512Mi', memoryLimit: '2Gi' },
        // Reading the write-ahead log again may take minutes.
        startup: Probe.http('http', '/-/ready', { failures: 60 }),
        readiness: Probe.http('http', '/-/ready'),
        liveness: Probe.http('http', '/-/healthy'),
      },
    });
    const config = ConfigFile.yaml('prometheus.yml', () =>
      prometheusConfig({
        scrapeIntervalSeconds: (props.scrapeInterval ?? Duration.seconds(30)).toSeconds(),
        retentionHours: (props.retention ?? Duration.days(15)).toHours({ integral: false }),
        // The write-ahead log and a block that is being compacted take room beside what is kept.
        retentionMebibytes: Math.floor(volume.size.toMebibytes() * 0.75),
        targets: this.targets,
      }),
    );
    server.mount(server.addConfig('config', [config]), '/etc/prometheus');
    server.mount(server.addClaim('data', volume), '/prometheus');
    return server;
  }
}
