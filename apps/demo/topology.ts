/** The shop's services, entry first. */
export const serviceNames = ['gateway', 'catalog', 'inventory', 'cart', 'checkout', 'payment', 'shipping'] as const;

export type ServiceName = (typeof serviceNames)[number];

/** What a service depends on. */
export interface ServiceSpec {
  readonly name: ServiceName;
  /** Services it calls over HTTP. */
  readonly calls: readonly ServiceName[];
  /** Whether it keeps something in a PostgreSQL of its own. */
  readonly database: boolean;
  /** Reported as `service.version`. */
  readonly version: string;
}

/**
 * Who calls whom. The longest way is gateway → checkout → shipping → inventory → its database, and
 * gateway → cart → catalog → inventory → its database.
 */
export const topology: readonly ServiceSpec[] = [
  { name: 'gateway', calls: ['catalog', 'cart', 'checkout'], database: false, version: '2.7.0' },
  { name: 'catalog', calls: ['inventory'], database: true, version: '1.12.3' },
  { name: 'inventory', calls: [], database: true, version: '1.4.0' },
  { name: 'cart', calls: ['catalog'], database: true, version: '3.0.1' },
  { name: 'checkout', calls: ['cart', 'payment', 'shipping'], database: true, version: '1.9.2' },
  { name: 'payment', calls: [], database: true, version: '4.1.0' },
  { name: 'shipping', calls: ['inventory'], database: false, version: '0.8.5' },
];

/** Products are `p-1` to `p-40`. */
export const productCount = 40;

/** Narrows a string from outside. */
export function isServiceName(name: string): name is ServiceName {
  return (serviceNames as readonly string[]).includes(name);
}
