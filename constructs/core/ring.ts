import { ports } from '../contracts';
import type { Connection } from './connection';
import type { ServiceEndpoint } from './endpoint';
import { PodField } from './env-source';
import { InvalidPropError } from './errors';
import type { PortDescription } from './server-description';
import type { StatefulSet } from './stateful-set';
import type { ServerTls } from './server-tls';
import { tlsSettings, type TlsSetting } from './tls-settings';

/*
 * Several pods of a store of Grafana's as one: each piece of what is written is kept by three of them, and who keeps which they tell each
 * other. Their configuration is read with `-config.expand-env=true`.
 */

/** How members of a ring reach each other. */
export interface Ring {
  /** Of every member. */
  readonly grpc: Connection;
  /** Of every member. */
  readonly gossip: Connection;
  /** What members encrypt with. @default - plain text */
  readonly tls?: ServerTls;
}

/** Members that keep each piece: one may be missing, and what was taken is neither lost nor are others refused. */
export const ringCopies = 3;

/**
 * Whether so many replicas are a ring.
 *
 * @throws {InvalidPropError} for two, of which the loss of one would be that of a majority
 */
export function isRing(prop: string, replicas: number): boolean {
  if (replicas === 2)
    throw new InvalidPropError(prop, replicas, `1, or at least ${ringCopies}, of which one may be missing`);
  return replicas > 1;
}

/** Ports of members alone. */
export const ringPorts = {
  grpc: { port: ports.ringGrpc, forClients: false, tls: true },
  gossip: { port: ports.ringGossip, forClients: false, tls: true },
} as const satisfies Readonly<Record<string, PortDescription>>;

/** What members are called in the ring, and where they are, as the configuration names it. */
export const ringMember = { id: '${POD_NAME}', address: '${POD_IP}' } as const;

/** Lets members connect to each other, and tells each who it is. @param pods its {@link ringPorts} */
export function joinRing(
  workload: StatefulSet,
  { grpc, gossip }: Readonly<Partial<Record<string, ServiceEndpoint>>>,
  tls?: ServerTls,
): Ring | undefined {
  if (grpc === undefined || gossip === undefined) return undefined;
  workload.setEnvFrom('POD_NAME', PodField.podName);
  workload.setEnvFrom('POD_IP', PodField.podIp);
  return { grpc: workload.connectTo(grpc), gossip: workload.connectTo(gossip), ...(tls !== undefined && { tls }) };
}

/** What servers and clients of these stores call the parts of TLS. */
export const ringTlsNames = {
  caFile: 'tls_ca_path',
  serverName: 'tls_server_name',
  certFile: 'tls_cert_path',
  keyFile: 'tls_key_path',
} as const;

/**
 * How members find each other.
 *
 * @see https://grafana.com/docs/loki/v3.7.x/configure/#memberlist
 */
export function memberlist({ gossip, tls }: Ring): object {
  return {
    // Every pod behind the name, asked again by whoever finds nobody.
    join_members: [`dns+${gossip.authority}`],
    bind_port: gossip.port,
    advertise_addr: ringMember.address,
    // Members of another ring are sent away, should the address of a pod come to be one of theirs.
    cluster_label: gossip.host,
    // Who was away long enough to be forgotten is found again.
    rejoin_interval: '1m',
    // Else who leaves says so for as long as others do not listen.
    leave_timeout: '5s',
    ...(tls !== undefined && {
      tls_enabled: true,
      ...tlsSettings(gossip.tls, ringTlsNames),
      tls_cert_path: tls.certFile,
      tls_key_path: tls.keyFile,
    }),
  };
}

/** How a member asks others, for the fields that are about a client of gRPC; none where that is in plain text. */
export function ringClient({ grpc }: Ring): Readonly<Record<string, TlsSetting>> {
  return grpc.tls === undefined ? {} : { tls_enabled: true, ...tlsSettings(grpc.tls, ringTlsNames) };
}
