import { ports as numbers } from '../contracts';
import type { DatabaseAccess, IDatabase } from '../core/database';
import { InvalidPropError } from '../core/errors';
import type { PortDescription } from '../core/server-description';
import { tlsSettings, type TlsSetting } from '../core/tls-settings';
import type { Deployment } from '../core/deployment';
import type { ServiceEndpoint } from '../core/endpoint';
import type { AutoscalerProps } from '../core/autoscaler';
import type { ClaimProps } from '../core/volume';

/* What it takes for several Grafanas to be one: a database that all share, and a way to tell each other of alerts. */

/** What decides how many Grafanas there are, and where they keep what people make. */
export interface GrafanaScaleProps {
  /**
   * A database that several replicas share: dashboards of people, users, sessions.
   *
   * @default - SQLite on a volume of its own, for one replica
   */
  readonly database?: IDatabase;
  /** More than one needs a {@link database}. @default 1, or as the autoscaler says */
  readonly replicas?: number;
  /** Needs a {@link database}. @default - a fixed count */
  readonly autoscaler?: AutoscalerProps;
  /** Where SQLite is; not with a {@link database}. @default 1 GiB of the environment's storage class */
  readonly volume?: ClaimProps;
}

/**
 * Replicas at most.
 *
 * @throws {InvalidPropError} for several without a shared database, and for a volume beside one
 */
export function mostReplicas(path: string, { database, replicas = 1, autoscaler, volume }: GrafanaScaleProps): number {
  const most = autoscaler?.maxReplicas ?? replicas;
  if (database === undefined && most > 1)
    throw new InvalidPropError(
      `${path}.replicas`,
      most,
      'possible without `database`: each would have users of its own',
    );
  if (database === undefined && autoscaler !== undefined)
    throw new InvalidPropError(`${path}.autoscaler`, autoscaler, 'for a Grafana without `database`');
  if (database !== undefined && volume !== undefined)
    throw new InvalidPropError(`${path}.volume.size`, `${volume.size.toMebibytes()} MiB`, 'of use beside `database`');
  return most;
}

/** What Grafana calls the parts of TLS. */
const tlsNames = {
  caFile: 'GF_DATABASE_CA_CERT_PATH',
  serverName: 'GF_DATABASE_SERVER_CERT_NAME',
  certFile: 'GF_DATABASE_CLIENT_CERT_PATH',
  keyFile: 'GF_DATABASE_CLIENT_KEY_PATH',
} as const;

/** Connections of one replica: five of them fit into a Postgres of ours as it is by default. Grafana's own default is any number. */
const connections = 10;

/**
 * Tells Grafana of its database, the password by reference.
 *
 * @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/#database
 */
export function useDatabase(grafana: Deployment, { authority, database, tls, credentials }: DatabaseAccess): void {
  const mode = 'GF_DATABASE_SSL_MODE';
  const settings: Readonly<Record<string, TlsSetting>> = {
    GF_DATABASE_TYPE: 'postgres',
    GF_DATABASE_HOST: authority,
    GF_DATABASE_NAME: database,
    GF_DATABASE_MAX_OPEN_CONN: String(connections),
    [mode]: 'verify-full',
    ...tlsSettings(tls, tlsNames, { [mode]: 'disable' }),
  };
  for (const [name, value] of Object.entries(settings)) grafana.setEnv(name, String(value));
  grafana.setEnvFrom('GF_DATABASE_USER', credentials.username);
  grafana.setEnvFrom('GF_DATABASE_PASSWORD', credentials.password);
}

/** Ports of one, and of several that tell each other by both protocols. */
export function portsOf(clustered: boolean): Readonly<Record<'http', PortDescription>> {
  const http = { port: numbers.grafana, servicePort: 80, scheme: 'http', metrics: '/metrics', tls: true } as const;
  return { http, ...(clustered && clusterPorts) };
}

const clusterPorts = {
  cluster: { port: numbers.grafanaCluster, forClients: false },
  'cluster-udp': { port: numbers.grafanaCluster, protocol: 'UDP', forClients: false },
} as const;

/**
 * Has replicas, if there are ports for it, tell each other whom they told of what, or people would be told by each of them.
 *
 * @see https://grafana.com/docs/grafana/latest/alerting/set-up/configure-high-availability/
 */
export function joinReplicas(grafana: Deployment, pods: Readonly<Partial<Record<string, ServiceEndpoint>>>): void {
  const members = Object.keys(clusterPorts)
    .map((name) => pods[name])
    .filter((each) => each !== undefined);
  if (members.length === 0) return;
  for (const member of members) grafana.connectTo(member);
  const own = `$(POD_IP):${numbers.grafanaCluster}`;
  grafana.setEnv('GF_UNIFIED_ALERTING_HA_LISTEN_ADDRESS', own);
  grafana.setEnv('GF_UNIFIED_ALERTING_HA_ADVERTISE_ADDRESS', own);
  grafana.setEnv('GF_UNIFIED_ALERTING_HA_PEERS', Array.from(new Set(members.map((each) => each.authority))).join(','));
}
