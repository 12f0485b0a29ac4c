import { Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports } from '../contracts';
import { images } from '../images';
import type { Alert } from '../core/alert';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import type { Connection } from '../core/connection';
import type { Dashboard } from '../core/dashboard';
import type { ServiceEndpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import { Probe } from '../core/probe';
import type { IQueryCache } from '../core/query-cache';
import type { Resources } from '../core/resources';
import type { ServerProps } from '../core/server-description';
import { webConfig } from '../metrics/prometheus-config';
import { ExternalQueryCache, type ExternalQueryCacheProps } from './external-query-cache';
import { memcachedAlerts } from './memcached-alerts';
import { memcachedDashboard } from './memcached-dashboard';

const webFolder = '/etc/memcached-exporter';
const exporter = 'exporter';

/** Options of a {@link Memcached}. */
export interface MemcachedProps extends ComponentProps, ServerProps {
  /** Memory for items, of each server; pods take a fifth more. @default Size.mebibytes(512) */
  readonly size?: Size;
  /** Servers, over which clients spread keys. @default 2 */
  readonly replicas?: number;
  /** The largest item: a chunk, or the answer to a query. @default Size.mebibytes(5) */
  readonly itemSize?: Size;
  /** Clients that each server takes: of every pod that asks, as many as its idle connections at most. @default 4096 */
  readonly connections?: number;
  /** @default - little: it asks for numbers */
  readonly exporterResources?: Resources;
}

/**
 * Memcached, with memcached_exporter beside each server: pieces of what stores keep, and answers to their queries, in memory alone. A server
 * that starts anew is empty, and what it held is read from where it is kept. Pods have names that stay, so that only the keys of one are lost
 * with it. Whoever may connect may read and write all: it knows no users, policies say who may.
 */
export class Memcached extends Component implements IQueryCache {
  /** A Memcached that is not ours. */
  static fromExternal(scope: Construct, id: string, props: ExternalQueryCacheProps): IQueryCache {
    return new ExternalQueryCache(scope, id, 'memcached', props);
  }

  readonly kind = 'memcached';
  readonly software = [images.memcached, images.memcachedExporter];
  readonly scrapeTargets: readonly ScrapeTarget[];
  override readonly alerts: readonly Alert[];
  override readonly dashboards: readonly Dashboard[];
  /** Memcached's protocol, port 11211 of each pod. */
  readonly servers: ServiceEndpoint;
  /** How its exporter asks it. */
  private readonly self: Connection;

  /** @throws {InvalidPropError} if a size or number cannot be */
  constructor(scope: Construct, id: string, props: MemcachedProps = {}) {
    super(scope, id, props);
    const { replicas = 2 } = props;
    const web = webConfig(this.tls);
    const { endpoints, scrapeTargets } = this.statefulSet(
      'server',
      props,
      {
        image: images.memcached,
        user: 11211,
        role: 'cache',
        args: this.serverArgs(props),
        resources: resourcesOf(props),
        ports: {
          memcached: { port: ports.memcached, forClients: false, tls: true },
          'http-metrics': {
            port: ports.memcachedExporter,
            scheme: 'http',
            metrics: '/metrics',
            forClients: false,
            tls: true,
          },
        },
        probes: { ready: Probe.tcp('memcached'), alive: Probe.tcp('memcached', { failures: 6 }) },
        sidecars: [
          {
            name: exporter,
            image: images.memcachedExporter,
            args: () => exporterArgs(this.self, web !== undefined),
            resources: props.exporterResources ?? { cpu: '10m', memory: '24Mi', memoryLimit: '64Mi' },
            ports: { 'http-metrics': ports.memcachedExporter },
            // Not its metrics, for which it would ask the server.
            readiness: this.askExporter(3),
            liveness: this.askExporter(6),
          },
        ],
        // None waits for another.
        parallel: true,
        ...(web !== undefined && {
          files: { path: webFolder, containers: [exporter], files: [ConfigFile.yaml('web.yml', () => web)] },
        }),
      },
      { replicas },
    );
    this.servers = endpoints.memcached;
    this.self = this.servers.asSelf();
    this.scrapeTargets = scrapeTargets;
    this.alerts = memcachedAlerts(this.name);
    this.dashboards = [memcachedDashboard(this.name)];
  }

  /** @see https://docs.memcached.org/serverguide/ */
  private serverArgs(props: MemcachedProps): readonly string[] {
    const { itemSize = Size.mebibytes(5), connections = 4096 } = props;
    const at = (prop: string) => `${this.node.path}.${prop}`;
    const [mebibytes, item] = [sizeOf(props).toMebibytes(), itemSize.toKibibytes()];
    if (mebibytes < 64) throw new InvalidPropError(at('size'), `${mebibytes} MiB`, '64 MiB or more');
    // It takes no larger ones, and half of its memory for one is more than it can find.
    if (item < 1 || item > Math.min(mebibytes / 2, 1024) * 1024)
      throw new InvalidPropError(at('itemSize'), `${item} KiB`, 'at most half of the size, and 1 GiB');
    if (!Number.isInteger(connections) || connections < 1)
      throw new InvalidPropError(at('connections'), connections, 'a whole number from 1 on');
    const { tls } = this;
    return [
      `--memory-limit=${mebibytes}`,
      `--max-item-size=${item}k`,
      `--conn-limit=${connections}`,
      ...(tls === undefined
        ? []
        : ['--enable-ssl', `--extended=ssl_chain_cert=${tls.certFile},ssl_key=${tls.keyFile}`]),
    ];
  }

  private askExporter(failures: number): Probe {
    const probe = Probe.http('http-metrics', '/', { failures });
    return this.tls === undefined ? probe : probe.over(['http-metrics']);
  }
}

function sizeOf({ size = Size.mebibytes(512) }: MemcachedProps): Size {
  return size;
}

/** Its hash table, connections and slabs that are not full come on top: Grafana's charts take a fifth, too. */
function resourcesOf(props: MemcachedProps): Resources {
  return { cpu: '100m', memory: `${Math.ceil(sizeOf(props).toMebibytes() * 1.2) + 32}Mi` };
}

/** @see https://github.com/prometheus/memcached_exporter#tls-and-basic-authentication */
function exporterArgs({ authority, tls }: Connection, isEncrypted: boolean): readonly string[] {
  return [
    `--memcached.address=${authority}`,
    `--web.listen-address=:${ports.memcachedExporter}`,
    ...(tls === undefined
      ? []
      : [
          '--memcached.tls.enable',
          ...(tls.caFile === undefined ? [] : [`--memcached.tls.ca-file=${tls.caFile}`]),
          ...(tls.serverName === undefined ? [] : [`--memcached.tls.server-name=${tls.serverName}`]),
        ]),
    ...(isEncrypted ? [`--web.config.file=${webFolder}/web.yml`] : []),
  ];
}
