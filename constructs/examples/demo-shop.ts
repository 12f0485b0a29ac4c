import { Duration } from 'cdk8s';
import type { Construct } from 'constructs';
import {
  shopDatabasePort,
  shopEnvironmentKeys as keys,
  shopPorts,
  shopServiceNames,
  shopTelemetry,
  shopTopology,
  type ShopServiceName,
  type ShopServiceSpec,
} from '../contracts/shop';
import { Component, type ComponentProps } from '../core/component';
import type { Connection } from '../core/connection';
import { defined } from '../core/defined';
import type { Deployment } from '../core/deployment';
import type { Endpoint, ServiceEndpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import { workerUser } from '../core/platform-job';
import { Probe } from '../core/probe';
import type { Resources } from '../core/resources';
import type { Server } from '../core/server-description';
import { tlsSettings } from '../core/tls-settings';
import { images } from '../images';

/** Parts of a {@link DemoShop}. */
export type DemoShopPart = ShopServiceName | 'databases' | 'load';

/** Options of a {@link DemoShop}. */
export interface DemoShopProps extends ComponentProps {
  /** Where spans are sent, OTLP over HTTP: `otlpHttp` of an `OtelTier`, of a trace store, or a collector of somebody else's. */
  readonly traces: Endpoint;
  /** Requests per second of its visitors, on average; 0 sends none. @default 10 */
  readonly rate?: number;
  /** Fixes arrivals, journeys and sleeps: a whole number. @default 1 */
  readonly seed?: number;
  /** What a part asks for, by its name. @default - less than a core and 3 GiB for all of it */
  readonly resources?: Readonly<Partial<Record<DemoShopPart, Resources>>>;
  /** Image of every part. @default - the worker image of this version of the library */
  readonly image?: string;
}

const defaultResources = {
  service: { cpu: '50m', memory: '128Mi', memoryLimit: '256Mi' },
  // Each of its five servers has 128 MiB of its own from the start, a copy of its files and code: 1.4 GiB were seen.
  databases: { cpu: '200m', memory: '1536Mi', memoryLimit: '2Gi' },
  load: { cpu: '25m', memory: '64Mi', memoryLimit: '128Mi' },
} as const satisfies Record<string, Resources>;

/** A request takes at most ten seconds, after those in which a service waits for callers to go elsewhere. */
const gracePeriod = Duration.seconds(30);

/**
 * A sample shop to watch, with visitors: services over HTTP, instrumented by the stock OpenTelemetry SDK, five of them with a
 * PostgreSQL, whose rows are in memory and are made anew when their pod is. Each service can be broken while it runs, by
 * `plumbline shop fault` at its forwarded port 8081. For demonstrations and tries, not for measuring a cluster.
 */
export class DemoShop extends Component {
  readonly software = [images.workers];
  /** What it does is seen in its traces alone, as what is instrumented from outside is. */
  readonly scrapeTargets = [];
  /** Where visitors come in, port 8080. */
  readonly gateway: ServiceEndpoint;

  /** @throws {InvalidPropError} if the rate or the seed is none, or a quantity cannot be read */
  constructor(scope: Construct, id: string, props: DemoShopProps) {
    super(scope, id, props);
    const { rate = 10, seed = 1 } = props;
    if (!(rate >= 0 && rate <= 10_000)) throw new InvalidPropError(`${this.node.path}.rate`, rate, '0 to 10000');
    if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32)
      throw new InvalidPropError(`${this.node.path}.seed`, seed, 'a whole number below 2 to the 32nd');
    const services = Object.fromEntries(
      shopTopology.map((spec) => [spec.name, this.service(spec, props, seed)]),
    ) as Record<ShopServiceName, Server<Deployment, 'http'>>;
    const databases = this.databases(props);
    for (const { name, calls, database } of shopTopology) {
      const { workload } = services[name];
      for (const callee of calls)
        workload.setEnv(keys.urlOf(callee), workload.connectTo(services[callee].endpoints.http).url);
      const own = database ? databases.endpoints[name] : undefined;
      if (own !== undefined) workload.setEnv(keys.database, workload.connectTo(own).authority);
      for (const [variable, value] of Object.entries(exporter(workload.connectTo(props.traces))))
        workload.setEnv(variable, value);
    }
    this.gateway = services.gateway.endpoints.http;
    const load = this.load(props, rate, seed);
    load.setEnv(keys.urlOf('gateway'), load.connectTo(this.gateway).url);
    this.main(services.gateway.workload);
  }

  private service(spec: ShopServiceSpec, props: DemoShopProps, seed: number): Server<Deployment, 'http'> {
    const { name } = spec;
    return this.deployment(name, this.server(name, props), {
      ...this.program(name, ['shop', 'service', name], 'example'),
      env: { ...shopTelemetry(spec), [keys.seed]: String(seed) },
      resources: defaultResources.service,
      ports: { http: { port: shopPorts.http, scheme: 'http' } },
      gracePeriod,
    });
  }

  /** All of them in one pod, each on a port of its own, so that a service reaches that one which is its own. */
  private databases(props: DemoShopProps): Server<Deployment, ShopServiceName> {
    const ports = shopServiceNames.flatMap((name) => {
      const port = shopDatabasePort(name);
      return port === undefined ? [] : [[name, { port }] as const];
    });
    return this.deployment('databases', this.server('databases', props), {
      ...this.program('databases', ['shop', 'databases'], 'example-database'),
      resources: defaultResources.databases,
      ports: Object.fromEntries(ports) as Record<ShopServiceName, { port: number }>,
    });
  }

  private load(props: DemoShopProps, rate: number, seed: number): Deployment {
    return this.deployment('load', this.server('load', props), {
      ...this.program('load', ['shop', 'load'], 'example-load'),
      env: { [keys.rate]: String(rate), [keys.seed]: String(seed) },
      resources: defaultResources.load,
      ports: {},
    }).workload;
  }

  private server(part: DemoShopPart, { image, resources }: DemoShopProps) {
    return defined({ image, resources: resources?.[part] });
  }

  /** What all parts are. */
  private program(part: DemoShopPart, args: readonly string[], role: string) {
    return {
      name: `${this.name}-${part}`,
      image: images.workers,
      ...workerUser,
      role,
      args,
      // Faults are switched there too: no Service has it, and no policy lets anybody but the kubelet in.
      listens: { admin: shopPorts.admin },
      probes: {
        ready: Probe.http('admin', '/readyz'),
        alive: Probe.http('admin', '/healthz', { failures: 6 }),
        // The databases take a quarter of a minute of a core to begin.
        startup: Probe.http('admin', '/healthz', { period: Duration.seconds(5), failures: 36 }),
      },
    } as const;
  }
}

/** Where the SDK sends, and whom it trusts, by its own variables. */
function exporter({ url, tls }: Connection): Readonly<Record<string, string>> {
  const names = {
    caFile: 'OTEL_EXPORTER_OTLP_CERTIFICATE',
    certFile: 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
    keyFile: 'OTEL_EXPORTER_OTLP_CLIENT_KEY',
    serverName: '',
  };
  const files = Object.entries(tlsSettings(tls, names)).filter(([name]) => name !== '');
  return { OTEL_EXPORTER_OTLP_ENDPOINT: url, ...Object.fromEntries(files.map(([name, file]) => [name, String(file)])) };
}
