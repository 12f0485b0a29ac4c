import { memcachedServers, type ConnectedCache } from '../core/connected-cache';

/**
 * Answers of queries, and chunks that were read from the bucket, in a cache. Loki starts without it, and asks its bucket while it is away.
 *
 * @see https://grafana.com/docs/loki/v3.7.x/configure/#cache_config
 */
export function cacheSections({ kind, connection }: ConnectedCache): object {
  const cache =
    kind === 'redis'
      ? { redis: { endpoint: connection.authority } }
      : // Most keys stay where they are when a server comes or goes.
        { memcached_client: { ...memcachedServers(connection), consistent_hash: true } };
  return {
    chunk_store_config: { chunk_cache_config: cache },
    query_range: { cache_results: true, results_cache: { cache } },
  };
}
