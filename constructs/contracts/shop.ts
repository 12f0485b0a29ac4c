/** The sample shop's services, entry first. */
export const shopServiceNames = ['gateway', 'catalog', 'inventory', 'cart', 'checkout', 'payment', 'shipping'] as const;

export type ShopServiceName = (typeof shopServiceNames)[number];

/** What a service of the shop depends on. */
export interface ShopServiceSpec {
  readonly name: ShopServiceName;
  /** Services it calls over HTTP. */
  readonly calls: readonly ShopServiceName[];
  /** Whether it keeps something in a PostgreSQL of its own. */
  readonly database: boolean;
  /** Reported as `service.version`. */
  readonly version: string;
}

/**
 * Who calls whom. The longest way is gateway → checkout → shipping → inventory → its database, and
 * gateway → cart → catalog → inventory → its database.
 */
export const shopTopology: readonly ShopServiceSpec[] = [
  { name: 'gateway', calls: ['catalog', 'cart', 'checkout'], database: false, version: '2.7.0' },
  { name: 'catalog', calls: ['inventory'], database: true, version: '1.12.3' },
  { name: 'inventory', calls: [], database: true, version: '1.4.0' },
  { name: 'cart', calls: ['catalog'], database: true, version: '3.0.1' },
  { name: 'checkout', calls: ['cart', 'payment', 'shipping'], database: true, version: '1.9.2' },
  { name: 'payment', calls: [], database: true, version: '4.1.0' },
  { name: 'shipping', calls: ['inventory'], database: false, version: '0.8.5' },
];

/** Ports of the shop's pods. */
export const shopPorts = {
  /** Of a service, for its callers. */
  http: 8080,
  /** `/healthz` and `/readyz` of every pod, and `/_fault` of a service. */
  admin: 8081,
  /** PostgreSQL of the first service that has a database; the others follow. */
  firstDatabase: 5432,
} as const;

/** Port of a service's database in the pod that has all of them; `undefined` if it has none. */
export function shopDatabasePort(service: ShopServiceName): number | undefined {
  const index = shopTopology.filter(({ database }) => database).findIndex(({ name }) => name === service);
  return index < 0 ? undefined : shopPorts.firstDatabase + index;
}

/** Environment variables that the shop's pods read, beside those of the OpenTelemetry SDK. */
export const shopEnvironmentKeys = {
  /** @default {@link shopPorts}.http */
  port: 'SHOP_PORT',
  /** @default {@link shopPorts}.admin */
  adminPort: 'SHOP_ADMIN_PORT',
  /** Fixes arrivals, journeys and sleeps; a whole number. @default 1 */
  seed: 'SHOP_SEED',
  /** Seconds that a service goes on taking requests after SIGTERM, until nobody sends it new ones. @default 5 */
  drainSeconds: 'SHOP_DRAIN_SECONDS',
  /** `host:port` of a service's own database. */
  database: 'SHOP_DATABASE',
  /** Requests per second of the load generator. */
  rate: 'SHOP_RATE',
  /** URL of a service, for those that call it. */
  urlOf: (service: ShopServiceName): string => `SHOP_${service.toUpperCase()}_URL`,
  /** Port of a service's database, for the pod that has it. @default {@link shopDatabasePort} */
  databasePortOf: (service: ShopServiceName): string => `SHOP_${service.toUpperCase()}_DATABASE_PORT`,
} as const;

/** Programs of the shop: the image's arguments are `shop <program>`, and for a service its name. */
export const shopPrograms = ['service', 'databases', 'load'] as const;
export type ShopProgram = (typeof shopPrograms)[number];

/** What `service.namespace` and `deployment.environment.name` of the shop's spans say, wherever it runs. */
export const shopResource = { 'service.namespace': 'shop', 'deployment.environment.name': 'demo' } as const;

/**
 * The whole of what a service knows about being watched: variables of the stock OpenTelemetry SDK, without those that say
 * where spans go.
 */
export function shopTelemetry({ name, version }: ShopServiceSpec): Readonly<Record<string, string>> {
  const resource = { ...shopResource, 'service.version': version };
  return {
    OTEL_SERVICE_NAME: name,
    OTEL_RESOURCE_ATTRIBUTES: Object.entries(resource)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_BSP_SCHEDULE_DELAY: '1000',
    OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,express,pg',
    OTEL_NODE_RESOURCE_DETECTORS: 'env,serviceinstance',
  };
}
