import { Size } from 'cdk8s';
import type { Construct } from 'constructs';
import {
  Component,
  Probe,
  type ComponentProps,
  type Image,
  type ServerProps,
  type ServiceEndpoint,
} from '../constructs';

const image: Image = { repository: 'docker.io/library/memcached', tag: '1.6.39-alpine', licence: 'BSD-3-Clause' };

/** Options of a {@link Memcached}. */
export interface MemcachedProps extends ComponentProps, ServerProps {
  /** What is kept, before the oldest goes. @default Size.mebibytes(64) */
  readonly cacheSize?: Size;
  /** @default 1 */
  readonly replicas?: number;
}

/** A cache in memory. What is in it is gone when its pods restart. */
export class Memcached extends Component {
  readonly software = [image];
  /** It tells its statistics by its own protocol only. */
  readonly scrapeTargets = [];
  /** Memcached's protocol, port 11211. */
  readonly cache: ServiceEndpoint;

  constructor(scope: Construct, id: string, props: MemcachedProps = {}) {
    super(scope, id, props);
    const { cacheSize = Size.mebibytes(64), replicas } = props;
    const { endpoints } = this.deployment(
      'server',
      props,
      {
        image,
        user: 11211,
        role: 'cache',
        args: [`--memory-limit=${cacheSize.toMebibytes()}`],
        // Connections and its hash table come on top.
        resources: { cpu: '50m', memory: `${cacheSize.toMebibytes() + 32}Mi` },
        ports: { cache: { port: 11211 } },
        probes: { ready: Probe.tcp('cache') },
      },
      { replicas },
    );
    this.cache = endpoints.cache;
  }
}
