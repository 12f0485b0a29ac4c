import { Construct } from 'constructs';
import type { Endpoint } from '../core/endpoint';
import type { IQueryCache } from '../core/query-cache';

/** Options of `fromExternal` of a cache. */
export interface ExternalQueryCacheProps {
  /** A name that resolves to each server, `Endpoint.external(host, 11211)`, with `tls` where they are encrypted. */
  readonly endpoint: Endpoint;
}

/** A cache that is not ours: whoever runs it says how large it is, and looks after it. */
export class ExternalQueryCache extends Construct implements IQueryCache {
  readonly servers: Endpoint;

  constructor(
    scope: Construct,
    id: string,
    readonly kind: IQueryCache['kind'],
    { endpoint }: ExternalQueryCacheProps,
  ) {
    super(scope, id);
    this.servers = endpoint;
  }
}
