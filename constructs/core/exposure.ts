import type { IExposure, ServiceEndpoint } from './endpoint';
import { InvalidPropError } from './errors';
import { NetworkPeer } from './network-peer';

/** Options of a {@link NodePort}. */
export interface NodePortOptions {
  /**
   * Address ranges that may come in.
   *
   * @default - the client ranges of the environment
   */
  readonly clientRanges?: readonly string[];
}

/** The same port on every node. */
export class NodePort implements IExposure {
  /** @throws {InvalidPropError} if `port` is not from 30000 to 32767 */
  constructor(
    readonly port: number,
    private readonly options: NodePortOptions = {},
  ) {
    if (!Number.isInteger(port) || port < 30000 || port > 32767) {
      throw new InvalidPropError('NodePort.port', port, 'a port from 30000 to 32767');
    }
  }

  open(endpoint: ServiceEndpoint): void {
    const { cluster } = endpoint.service;
    const clients = this.options.clientRanges?.map((range) => NetworkPeer.addresses(range)) ?? cluster.clients;
    const keepsAddress = this.options.clientRanges !== undefined || cluster.knowsClients;
    endpoint.service.publish(endpoint, this.port, { keepsAddress });
    // Otherwise the node that takes a connection may replace the client's address by its own.
    endpoint.acceptFrom([...clients, ...cluster.nodes], `NodePort ${this.port}`);
  }
}
