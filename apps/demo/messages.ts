import { isServiceName, type ServiceName } from './topology';

/** Loopback ports by service. */
export type Ports = Readonly<Partial<Record<ServiceName, number>>>;

/** Where something listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What a child process tells its parent. */
export type FromChild =
  | { readonly type: 'database'; readonly service: ServiceName; readonly port: number }
  | { readonly type: 'listening'; readonly port: number; readonly adminPort: number }
  | { readonly type: 'ready' }
  | ({ readonly type: 'load' } & LoadStats);

/** What the parent tells a child process. */
export type FromParent =
  | { readonly type: 'connect'; readonly peers: Ports; readonly databasePort?: number }
  | { readonly type: 'load'; readonly gatewayPort: number; readonly ratePerSecond: number };

/** What the load generator has done since it started. */
export interface LoadStats {
  /** Requests sent. */
  readonly sent: number;
  /** Answers below 500. */
  readonly ok: number;
  /** Answers of 500 and above, and requests without an answer. */
  readonly failed: number;
  /** Journeys not begun because too many requests were outstanding. */
  readonly shed: number;
  /** Requests without an answer yet. */
  readonly outstanding: number;
  /** Requests per second over the last five seconds. */
  readonly ratePerSecond: number;
}

/** Sends to the parent; a child started by hand has none. */
export function tellParent(message: FromChild): void {
  process.send?.(message);
}

/**
 * Ends this process with its parent, however the parent ended: the channel closes when the parent is gone. Interrupts from
 * the terminal reach the whole process group and are left to the parent, which stops its children in order.
 */
export function liveWithParent(): void {
  process.on('disconnect', () => process.exit(0));
  process.on('SIGINT', () => undefined);
}

/**
 * The service that this process is to be.
 *
 * @throws Error if `SHOP_SERVICE` names none
 */
export function ownService(): ServiceName {
  const name = process.env.SHOP_SERVICE ?? '';
  if (!isServiceName(name)) throw new Error(`SHOP_SERVICE is '${name}', which is no service`);
  return name;
}

/** The seed of this process. */
export function ownSeed(): number {
  return Number(process.env.SHOP_SEED ?? '1') >>> 0;
}
