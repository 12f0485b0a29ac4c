import type { Cluster, Workload } from './cluster';
import { addressesOf, resolve, type Address } from './addresses';
import type { PodPort } from './ports';

/** A workload that was told where another one listens. */
export interface Connection {
  readonly from: Workload;
  readonly to: Workload;
  /** The port it was told; all ports of the Service when the address has none, of which it needs one. */
  readonly ports: readonly PodPort[];
  readonly address: Address;
  /**
   * `false` for an address of its own, which one pod advertises to others and need not call. Members of a StatefulSet
   * with several replicas do call each other, but not at what an argument `--advertise-…` says to their clients, nor where a name has no
   * port: that is who they are in a certificate.
   */
  readonly required: boolean;
}

const known = new WeakMap<Cluster, readonly Connection[]>();

/** Every connection that follows from what workloads are told; nothing here looks at a policy. */
export function connectionsOf(cluster: Cluster): readonly Connection[] {
  const found = known.get(cluster) ?? derive(cluster);
  known.set(cluster, found);
  return found;
}

function derive(cluster: Cluster): readonly Connection[] {
  return cluster.workloads.flatMap((from) =>
    addressesOf(from, cluster).flatMap((address) => {
      const resolution = resolve(address, cluster);
      if ('problem' in resolution) return [];
      return resolution.targets.map(({ workload: to, ports }) => ({
        from,
        to,
        ports,
        address,
        required: to !== from || (callEachOther(from) && isCalled(address)),
      }));
    }),
  );
}

function callEachOther({ object, replicas }: Workload): boolean {
  return object.kind === 'StatefulSet' && replicas > 1;
}

function isCalled({ at, ports, portName }: Address): boolean {
  return (ports.length > 0 || portName !== undefined) && !at.text.startsWith('--advertise-');
}

/** Whether any connection goes from `from` to `port` of `to`. */
export function isConnected(cluster: Cluster, from: Workload, to: Workload, { port, protocol }: PodPort): boolean {
  return connectionsOf(cluster).some(
    (connection) =>
      connection.from === from &&
      connection.to === to &&
      connection.ports.some((each) => each.port === port && each.protocol === protocol),
  );
}
