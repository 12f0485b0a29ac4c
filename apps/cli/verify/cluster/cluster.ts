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
  /**
   * Forwards a port of a Service to a port on loopback, which is given back; each connection goes to a pod that is ready then.
   *
   * @param preferred the port on loopback, if it is free
   */
  forwardService(namespace: string, service: string, port: number, preferred: number): Promise<number>;
  /** Closes every forwarded port. */
  close(): Promise<void>;
}
