import type { ClusterApi } from './api';

/** A cluster as it is looked at: its API server, and ports of its pods. */
export interface Cluster {
  /** Name of the context, for messages. */
  readonly context: string;
  readonly api: ClusterApi;
  /**
   * Forwards a port of a pod to a port on loopback, which is given back; it is open until `close`.
   *
   * @throws {VerifyError} if none can be opened here
   */
  forward(namespace: string, pod: string, port: number): Promise<number>;
  /** Closes every forwarded port. */
  close(): Promise<void>;
}
