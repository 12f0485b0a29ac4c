import type { Connection } from './connection';
import { InvalidPropError } from './errors';
import type { IQueryCache } from './query-cache';
import { ringTlsNames } from './ring';
import { tlsSettings } from './tls-settings';
import type { Workload } from './workload';

/** A cache that a store is connected to. */
export interface ConnectedCache {
  readonly kind: IQueryCache['kind'];
  readonly connection: Connection;
}

/** @throws {InvalidPropError} for a Redis with a certificate: stores of Grafana Labs cannot be told whom to trust of one */
export function connectCache(prop: string, workload: Workload, { kind, servers }: IQueryCache): ConnectedCache {
  const connection = workload.connectTo(servers);
  if (kind === 'redis' && connection.tls !== undefined)
    throw new InvalidPropError(
      prop,
      servers.authority,
      'Memcached, or Redis in plain text: it cannot be told whom to trust of a Redis',
    );
  return { kind, connection };
}

/** How stores of Grafana Labs are told of the servers behind a name; each gets keys of its own. */
export function memcachedServers({ authority, tls }: Connection): object {
  const encrypted = tls === undefined ? {} : { tls_enabled: true, ...tlsSettings(tls, ringTlsNames) };
  return { addresses: `dns+${authority}`, ...encrypted };
}
