import { shopTelemetry } from '@plumbline/contracts/shop';
import { Child, type ChildOptions } from './child';
import { DemoError } from './errors';
import { instrumentationModule } from './instrumentation-module';
import type { FromChild, LoadStats } from './messages';
import { topology, type ServiceName, type ServiceSpec } from './topology';

/** Options of {@link startShop}. */
export interface ShopOptions {
  /** Where the services' SDKs send, for instance `http://127.0.0.1:4318`. */
  readonly otlpEndpoint: string;
  /**
   * Fixes arrivals, journeys and sleeps.
   *
   * @default 1
   */
  readonly seed?: number;
  /**
   * Requests per second; 0 starts no load generator.
   *
   * @default 40
   */
  readonly rate?: number;
  /**
   * Where each process keeps its log.
   *
   * @default - a new folder below the temporary directory
   */
  readonly logDirectory?: string;
  readonly onProgress?: (progress: Progress) => void;
  /**
   * How long the start may take.
   *
   * @default 60000
   */
  readonly startTimeoutMs?: number;
}

/** What happens while a shop starts and runs. `afterMs` counts from the call of {@link startShop}. */
export type Progress =
  | { readonly kind: 'database-ready'; readonly service: ServiceName; readonly afterMs: number }
  | { readonly kind: 'service-ready'; readonly service: ServiceName; readonly afterMs: number }
  | { readonly kind: 'load-started'; readonly ratePerSecond: number; readonly afterMs: number }
  | { readonly kind: 'crashed'; readonly error: DemoError; readonly afterMs: number };

/** A running service. */
export interface RunningService extends ServiceSpec {
  readonly url: string;
  /** Takes `POST /_fault`, `DELETE /_fault` and `GET /_fault`, and leaves no spans. */
  readonly adminUrl: string;
  readonly pid: number;
  readonly logFile: string;
}

/** Requests per second that leave half of a two-core machine to whoever looks at the traces. */
export const defaultRatePerSecond = 40;
const defaultStartTimeoutMs = 60_000;
const stopPatienceMs = 2500;

interface Starting {
  readonly child: Child;
  readonly spec: ServiceSpec;
  port?: number;
  adminPort?: number;
  databasePort?: number;
  connected: boolean;
  ready: boolean;
}

/** The processes of a shop from start to stop: databases, services and load generator, all started at once. */
export class Processes {
  load: LoadStats = { sent: 0, ok: 0, failed: 0, shed: 0, outstanding: 0, ratePerSecond: 0 };
  private readonly startedAt = performance.now();
  private readonly services = new Map<ServiceName, Starting>();
  private readonly others: Child[] = [];
  private readonly started: Promise<void>;
  private settle: { readonly resolve: () => void; readonly reject: (error: DemoError) => void } | undefined;
  private stopped: Promise<void> | undefined;

  constructor(
    private readonly options: ShopOptions,
    private readonly rate: number,
    private readonly logDirectory: string,
  ) {
    this.started = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
  }

  /** Starts everything and resolves with the services once every one is connected to its peers and its database. */
  async start(): Promise<RunningService[]> {
    const timeoutMs = this.options.startTimeoutMs ?? defaultStartTimeoutMs;
    const timer = setTimeout(() => {
      const missing = [...this.services.values()].filter(({ ready }) => !ready).map(({ spec }) => spec.name);
      const message = `not ready after ${String(timeoutMs)} ms: ${missing.join(', ')}; logs are in ${this.logDirectory}`;
      this.settle?.reject(new DemoError('DEMO_START_TIMEOUT', message));
    }, timeoutMs);
    this.others.push(this.startDatabases());
    for (const spec of topology) this.startService(spec);
    const load = this.rate > 0 ? this.startLoad() : undefined;
    if (load !== undefined) this.others.push(load);
    try {
      await this.started;
    } finally {
      clearTimeout(timer);
    }
    const gatewayPort = this.services.get('gateway')?.port;
    if (load !== undefined && gatewayPort !== undefined) {
      load.send({ type: 'load', gatewayPort, ratePerSecond: this.rate });
      this.options.onProgress?.({ kind: 'load-started', ratePerSecond: this.rate, afterMs: this.afterMs() });
    }
    return [...this.services.values()].map(({ spec, child, port, adminPort }) => ({
      ...spec,
      url: `http://127.0.0.1:${String(port)}`,
      adminUrl: `http://127.0.0.1:${String(adminPort)}`,
      pid: child.pid ?? -1,
      logFile: child.logFile,
    }));
  }

  get pids(): readonly number[] {
    const children = [...this.others, ...[...this.services.values()].map(({ child }) => child)];
    return children.flatMap(({ pid }) => pid ?? []);
  }

  /** Stops everything, the load first; the same promise for every caller. */
  stop(): Promise<void> {
    this.stopped ??= (async () => {
      const [databases, ...load] = this.others;
      await Promise.all(load.map((child) => child.stop(stopPatienceMs)));
      await Promise.all([...this.services.values()].map(({ child }) => child.stop(stopPatienceMs)));
      await databases?.stop(stopPatienceMs);
    })();
    return this.stopped;
  }

  private startDatabases(): Child {
    return this.child({
      name: 'databases',
      entry: 'databases/main',
      environment: {},
      // Optimizing the database's code costs more CPU during the start than it gives back in a demonstration.
      nodeFlags: ['--liftoff-only'],
      onMessage: (message) => this.onDatabase(message),
    });
  }

  private startService(spec: ServiceSpec): void {
    const child = this.child({
      name: spec.name,
      entry: 'service/main',
      environment: {
        SHOP_SERVICE: spec.name,
        ...shopTelemetry(spec),
        OTEL_EXPORTER_OTLP_ENDPOINT: this.options.otlpEndpoint,
      },
      preload: [instrumentationModule],
      onMessage: (message) => this.onService(spec.name, message),
    });
    this.services.set(spec.name, { child, spec, connected: false, ready: false });
  }

  private startLoad(): Child {
    return this.child({
      name: 'load',
      entry: 'load/main',
      environment: {},
      onMessage: (message) => this.onLoad(message),
    });
  }

  private child(options: Omit<ChildOptions, 'logDirectory' | 'onCrash'>): Child {
    return new Child({
      ...options,
      environment: { SHOP_SEED: String(this.options.seed ?? 1), ...options.environment },
      logDirectory: this.logDirectory,
      onCrash: (error) => {
        this.settle?.reject(error);
        this.options.onProgress?.({ kind: 'crashed', error, afterMs: this.afterMs() });
      },
    });
  }

  private onDatabase(message: FromChild): void {
    const service = message.type === 'database' ? this.services.get(message.service) : undefined;
    if (message.type !== 'database' || service === undefined) return;
    service.databasePort = message.port;
    this.options.onProgress?.({ kind: 'database-ready', service: message.service, afterMs: this.afterMs() });
    this.connect();
  }

  private onService(name: ServiceName, message: FromChild): void {
    const service = this.services.get(name);
    if (service === undefined) return;
    if (message.type === 'listening') {
      service.port = message.port;
      service.adminPort = message.adminPort;
      this.connect();
    } else if (message.type === 'ready') {
      service.ready = true;
      this.options.onProgress?.({ kind: 'service-ready', service: name, afterMs: this.afterMs() });
      if ([...this.services.values()].every(({ ready }) => ready)) this.settle?.resolve();
    }
  }

  private onLoad(message: FromChild): void {
    if (message.type !== 'load') return;
    const { sent, ok, failed, shed, outstanding, ratePerSecond } = message;
    this.load = { sent, ok, failed, shed, outstanding, ratePerSecond };
  }

  /** Introduces each service to its peers as soon as all listen, and to its database as soon as that does. */
  private connect(): void {
    const all = [...this.services.values()];
    if (all.some(({ port }) => port === undefined)) return;
    const peers = Object.fromEntries(all.map(({ spec, port }) => [spec.name, port]));
    for (const service of all) {
      const { child, spec, connected, databasePort } = service;
      if (connected || (spec.database && databasePort === undefined)) continue;
      service.connected = true;
      child.send({ type: 'connect', peers, ...(databasePort === undefined ? {} : { databasePort }) });
    }
  }

  private afterMs(): number {
    return Math.round(performance.now() - this.startedAt);
  }
}
