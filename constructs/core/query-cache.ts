import type { Endpoint } from './endpoint';

/** Keeps answers and pieces of what is stored in memory. What is lost with it is read again, so nothing waits for it. */
export interface IQueryCache {
  /** What it speaks. */
  readonly kind: 'memcached' | 'redis';
  /** Behind a name that resolves to each pod: clients spread keys over them. */
  readonly servers: Endpoint;
}
