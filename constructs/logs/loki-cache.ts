import type { Connection } from '../core/connection';
import type { IQueryCache } from '../core/query-cache';
import { ringTlsNames } from '../core/ring';
import { tlsSettings } from '../core/tls-settings';

/** A cache that Loki is connected to. */
export interface LokiCache {
  readonly kind: IQueryCache['kind'];
  readonly connection: Connection;
}

/**
 * Answers of queries, and chunks that were read from the bucket, in a cache. Loki starts without it, and asks its bucket while it is away.
 *
 * @see https://grafana.com/docs/loki/v3.7.x/configure/#cache_config
 */
export function cacheSections(cache: LokiCache): object {
  const kept = cacheOf(cache);
  return {
    chunk_store_config: { chunk_cache_config: kept },
    query_range: { cache_results: true, results_cache: { cache: kept } },
  };
}

function cacheOf({ kind, connection: { authority, tls } }: LokiCache): object {
  if (kind === 'redis') return { redis: { endpoint: authority } };
  const encrypted = tls === undefined ? {} : { tls_enabled: true, ...tlsSettings(tls, ringTlsNames) };
  // Each server behind the name gets keys of its own, and keeps most of them when another comes or goes.
  return { memcached_client: { addresses: `dns+${authority}`, consistent_hash: true, ...encrypted } };
}
