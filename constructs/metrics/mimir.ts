import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports } from '../contracts';
import { images } from '../images';
import type { Alert } from '../core/alert';
import type { IBucket } from '../core/bucket';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import type { Connection } from '../core/connection';
import type { Dashboard } from '../core/dashboard';
import type { DataSource } from '../core/data-source';
import { defined } from '../core/defined';
import type { IExposure, ServiceEndpoint } from '../core/endpoint';
import { PodField } from '../core/env-source';
import { InvalidPropError } from '../core/errors';
import type { MetricsExport } from '../core/metrics-destination';
import { Platform } from '../core/platform';
import { Probe } from '../core/probe';
import { mebibytes } from '../core/quantity';
import type { IQueryCache } from '../core/query-cache';
import { memoryLimitOf } from '../core/resources';
import type { IRuler } from '../core/rule-groups';
import { isRing, ringCopies } from '../core/ring';
import type { ServerProps } from '../core/server-description';
import type { StatefulSet } from '../core/stateful-set';
import type { EndpointPath, IMetricsStore, ReplicaLabels } from '../core/stores';
import { ofTenant } from '../core/tenancy';
import type { ClaimProps } from '../core/volume';
import type { Workload } from '../core/workload';
import { credentialVariables } from '../storage/expanded-credentials';
import { ExternalMetricsStore, type ExternalMetricsStoreProps } from './external-metrics-store';
import { mimirAlerts } from './mimir-alerts';
import {
  mimirConfig,
  mimirDataFolder,
  mimirQueryPath,
  type MimirCaches,
  type MimirConfigOptions,
} from './mimir-config';
import { mimirDashboard } from './mimir-dashboard';
import { mimirObjectives } from './mimir-objectives';
import { mimirLimits, type TenantLimits } from './mimir-limits';
import { MimirRuler } from './mimir-ruler';
import { standardAttributes } from './promoted-attributes';
import { prometheusDataSource } from './prometheus-data-source';

/** Options of a {@link Mimir}. */
export interface MimirProps extends ComponentProps, ServerProps {
  /** Bucket that holds the blocks of all tenants. */
  readonly blocks: IBucket;
  /**
   * Members. Of three or more each sample is with three until it is in a block, so that one may be away; of two, neither may, so there are
   * never two. To have fewer is work: see the runbook `MimirMemberMissing`.
   *
   * @default 3
   */
  readonly replicas?: number;
  /** How long samples are kept, whole hours. @default Duration.days(365) */
  readonly retention?: Duration;
  /** What each tenant may send at most. @default - 500 000 series, 50 000 samples a second, 100 000 exemplars, two hours late */
  readonly limits?: Omit<TenantLimits, 'retention'>;
  /** Whose data the platform's own is, by the header that every client then has to send. @default - there are no tenants */
  readonly tenant?: string;
  /** Tenants that may send more or less than others, or whose samples are kept longer. @default - all are alike */
  readonly tenants?: Readonly<Record<string, TenantLimits>>;
  /** Memcached, for all that can be kept in memory. @default - answers are computed, and blocks read, anew each time */
  readonly cache?: IQueryCache;
  /** Memcached for one purpose each, where one for all is not enough. @default - `cache` */
  readonly caches?: MimirCaches<IQueryCache>;
  /**
   * Resource attributes that become labels of every series that comes by OTLP; in labels their dots are underscores.
   *
   * @default - as of {@link Prometheus}
   */
  readonly promotedAttributes?: readonly string[];
  /** URL below which the runbooks are, for links in alerts of {@link Mimir.ruler}. @default - their folder in this repository */
  readonly runbookUrl?: string;
  /** Write-ahead log, the newest blocks, and what is being compacted. @default 50 GiB of the environment's storage class */
  readonly volume?: ClaimProps;
  /**
   * A door from outside. It asks nobody who he is: who comes in may read everything, of every tenant, and write.
   *
   * @default - none; `kubectl port-forward` works
   */
  readonly exposure?: IExposure;
}

const limitsFolder = '/etc/mimir-limits';
const limitsFile = 'limits.yaml';

/** Whose everything is where nobody has to say of which tenant he is. */
const onlyTenant = 'anonymous';

/** A label that nothing else has: `cluster` may be one of a series that is read, and the first series of a request decides for all of it. */
const replicaLabels: ReplicaLabels = { cluster: 'prometheus', replica: '__replica__' };

/**
 * Grafana Mimir, all of it in one process of which there are several: keeps metrics for years in a bucket, and of what replicas of a
 * Prometheus send takes each sample once. The rules that this Prometheus is given it evaluates, over all that it has. Zones are not told
 * apart: with three members everything is on each of them, wherever they are; beyond that a zone that goes away could take two of three
 * copies with it.
 */
export class Mimir extends Component implements IMetricsStore {
  /** A Mimir that is not ours. */
  static fromExternal(scope: Construct, id: string, props: ExternalMetricsStoreProps): IMetricsStore {
    return new ExternalMetricsStore(scope, id, { ...mimirPaths, ...props });
  }

  readonly software = [images.mimir];
  readonly scrapeTargets: readonly ScrapeTarget[];
  /** HTTP API, port 8080; of any member. */
  readonly api: ServiceEndpoint;
  readonly query: EndpointPath;
  readonly remoteWrite: EndpointPath;
  readonly otlpHttp: EndpointPath;
  readonly dataSource: DataSource;
  readonly replicaLabels = replicaLabels;
  readonly ruler: IRuler;
  override readonly alerts: readonly Alert[];
  override readonly dashboards: readonly Dashboard[];
  override readonly slos = mimirObjectives(this.name, Platform.of(this).objectives);

  /** @throws {InvalidPropError} if there are two members, a limit or a tenant's name is none, tenants have no header, or a cache is not Memcached */
  constructor(scope: Construct, id: string, props: MimirProps) {
    super(scope, id, props);
    const { blocks, replicas = 3, retention = Duration.days(365), tenant, tenants = {} } = props;
    const { promotedAttributes = standardAttributes } = props;
    const path = this.node.path;
    isRing(`${path}.replicas`, replicas);
    const replication = Math.min(replicas, ringCopies);
    const all = { ...defaults, ...props.limits, retention };
    const limits = mimirLimits(`${path}.limits`, all);
    const overrides = this.overrides(tenants);
    if (tenant === undefined && overrides !== undefined)
      throw new InvalidPropError(`${path}.tenant`, tenant, 'whose data the platform’s own is, as `tenants` has some');
    const resources = props.resources ?? { cpu: '1', memory: '2Gi', memoryLimit: '6Gi' };
    const memory = memoryLimitOf(resources);
    const { workload, endpoints, scrapeTargets } = this.statefulSet(
      'server',
      props,
      {
        image: images.mimir,
        user: 10001,
        role: 'metrics-store',
        args: ['-config.file=/etc/mimir/mimir.yaml', '-config.expand-env=true'],
        env: { GOMEMLIMIT: `${mebibytes(`${path}.resources.memory`, memory, 0.8)}MiB` },
        envFrom: { POD_IP: PodField.podIp },
        resources,
        ports: {
          http: { port: ports.mimirHttp, scheme: 'http', metrics: '/metrics', tls: true },
          grpc: { port: ports.mimirGrpc, forClients: false, tls: true },
          gossip: { port: ports.mimirGossip, forClients: false, tls: true },
        },
        probes: {
          ready: '/ready',
          // Readiness fails while it joins or leaves its rings, which no restart would speed up.
          alive: Probe.http('http', '/api/v1/status/buildinfo', { failures: 6 }),
          // It reads its write-ahead log before.
          startup: Duration.minutes(20),
        },
        claims: { data: { path: mimirDataFolder, ...(props.volume ?? { size: Size.gibibytes(50) }) } },
        files: { path: '/etc/mimir', files: [ConfigFile.yaml('mimir.yaml', () => config())] },
        // Members find each other before any is ready.
        parallel: true,
        // It ends what it was asked, and writes what it holds in memory.
        gracePeriod: Duration.minutes(4),
      },
      { replicas },
    );
    const access = blocks.grantOwn(workload);
    for (const [name, source] of Object.entries(credentialVariables(access))) workload.setEnvFrom(name, source);
    if (overrides !== undefined)
      // It reads them again by itself.
      workload.mount(
        workload.addConfig('limits', [ConfigFile.yaml(limitsFile, () => overrides)], { reload: true }),
        limitsFolder,
      );
    const { origin } = Platform.of(this);
    const job = this.name;
    const ruler = new MimirRuler(workload, {
      ...{ job, tenant: tenant ?? onlyTenant, origin },
      ...defined({ runbookUrl: props.runbookUrl }),
    });
    this.ruler = ruler;
    const settings: MimirConfigOptions = {
      blocks: access,
      replication,
      ring: `${this.namespace}/${this.name}`,
      members: { gossip: workload.connectTo(endpoints.gossip), grpc: workload.connectTo(endpoints.grpc) },
      multitenant: tenant !== undefined,
      limits,
      replicas: replicaLabels,
      promotedAttributes: [...new Set([...promotedAttributes, ...Object.keys(origin)])],
      indexMebibytes: mebibytes(`${path}.resources.memory`, memory, 0.1),
      caches: this.connectCaches(workload, props),
      ...defined({ tls: this.tls, overrides: overrides && `${limitsFolder}/${limitsFile}` }),
    };
    // Rules, and who is told, come by wires that are there only when it is rendered.
    const config = (): object => mimirConfig({ ...settings, ...defined({ rules: ruler.rules }) });
    this.api = endpoints.http;
    if (props.exposure !== undefined) this.api.expose(props.exposure);
    const at = (below: string) => ofTenant({ endpoint: this.api, path: below }, tenant);
    this.query = at(mimirPaths.queryPath);
    this.remoteWrite = at(mimirPaths.writePath);
    this.otlpHttp = at(mimirPaths.otlpPath);
    this.dataSource = prometheusDataSource(this.query, undefined, 'Mimir');
    this.scrapeTargets = scrapeTargets;
    this.alerts = mimirAlerts({
      job,
      namespace: this.namespace,
      replicas,
      replication,
      series: { all: all.series, ofTenants: seriesOf(tenants) },
    });
    this.dashboards = [mimirDashboard(this.name, replication)];
  }

  exportMetrics(collector: Workload): MetricsExport {
    return { name: this.name, connection: collector.connectToPath(this.otlpHttp) };
  }

  private overrides(tenants: Readonly<Record<string, TenantLimits>>): object | undefined {
    if (Object.keys(tenants).length === 0) return undefined;
    const limited = Object.entries(tenants).map(([name, limits]) => {
      // A name that is none is refused here, not by whoever sends.
      ofTenant({ endpoint: this.api, path: '' }, name);
      return [name, mimirLimits(`${this.node.path}.tenants.${name}`, limits)] as const;
    });
    return { overrides: Object.fromEntries(limited) };
  }

  /** Each server once, whatever it is for. */
  private connectCaches(workload: StatefulSet, { cache, caches = {} }: MimirProps): MimirCaches<Connection> {
    const connected = new Map<IQueryCache, Connection>();
    const connect = (purpose: keyof MimirCaches<IQueryCache>): Connection | undefined => {
      const chosen = caches[purpose] ?? cache;
      if (chosen === undefined) return undefined;
      if (chosen.kind !== 'memcached')
        throw new InvalidPropError(
          `${this.node.path}.caches.${purpose}`,
          chosen.kind,
          'memcached, the only one that Mimir 3 speaks to',
        );
      const connection = connected.get(chosen) ?? workload.connectTo(chosen.servers);
      connected.set(chosen, connection);
      return connection;
    };
    return defined({
      results: connect('results'),
      chunks: connect('chunks'),
      index: connect('index'),
      metadata: connect('metadata'),
    });
  }
}

/** Where Mimir takes and answers metrics. */
const mimirPaths = { queryPath: mimirQueryPath, writePath: '/api/v1/push', otlpPath: '/otlp' } as const;

const defaults = {
  series: 500_000,
  samplesPerSecond: 50_000,
  exemplars: 100_000,
  outOfOrder: Duration.hours(2),
} as const satisfies TenantLimits;

function seriesOf(tenants: Readonly<Record<string, TenantLimits>>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(tenants).flatMap(([name, { series }]) => (series === undefined ? [] : [[name, series]])),
  );
}
