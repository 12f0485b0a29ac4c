import type { ServerTls } from '../core/server-tls';

/** A setting of PostgreSQL. */
export type PostgresSetting = string | number | boolean;

/** What the configuration of a {@link Postgres} depends on. */
export interface PostgresConfigOptions {
  /** Clients at once. */
  readonly connections: number;
  /** Memory it may take, MiB. */
  readonly memoryMebibytes: number;
  /** Folder with `pg_hba.conf`. */
  readonly folder: string;
  readonly tls?: ServerTls | undefined;
  /** Whether it measures statements, and how long it waits for its disk. @default false */
  readonly monitored?: boolean;
}

/**
 * For little memory: a quarter of it is PostgreSQL's own cache, half is what it expects of the kernel's, and a client that sorts gets
 * 2 MiB at a time. The log of changes is kept short, as it shares a small volume with the data.
 *
 * @see https://www.postgresql.org/docs/18/runtime-config-resource.html
 */
export function postgresConfig(options: PostgresConfigOptions): Readonly<Record<string, PostgresSetting>> {
  const { connections, memoryMebibytes: memory, folder, tls, monitored = false } = options;
  const share = (part: number, least: number) => `${Math.max(least, Math.floor(memory * part))}MB`;
  return {
    listen_addresses: '*',
    hba_file: `${folder}/pg_hba.conf`,
    max_connections: connections,
    password_encryption: 'scram-sha-256',
    shared_buffers: share(1 / 4, 16),
    effective_cache_size: share(1 / 2, 32),
    maintenance_work_mem: share(1 / 16, 16),
    work_mem: '2MB',
    max_wal_size: '256MB',
    min_wal_size: '80MB',
    wal_compression: true,
    // Clients whose node is gone give back what they hold within two minutes, not two hours.
    tcp_keepalives_idle: 60,
    tcp_keepalives_interval: 15,
    tcp_keepalives_count: 4,
    log_timezone: 'UTC',
    ...encryptionOf(tls),
    ...(monitored && measured),
  };
}

/**
 * A thousand statements are told apart, in about a MiB of shared memory and a file of their texts. Reading the clock for each block costs
 * little where the clock is one of the processor's.
 *
 * @see https://www.postgresql.org/docs/18/pgstatstatements.html
 */
const measured: Readonly<Record<string, PostgresSetting>> = {
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.max': 1000,
  track_io_timing: true,
};

function encryptionOf(tls: ServerTls | undefined): Readonly<Record<string, PostgresSetting>> {
  if (tls === undefined) return {};
  return { ssl: true, ssl_cert_file: tls.certFile, ssl_key_file: tls.keyFile, ssl_min_protocol_version: 'TLSv1.2' };
}

/** A line of `pg_hba.conf`: who may come in which way. */
export interface HostRule {
  /** `hostssl` does not match what is in plain text. */
  readonly type: 'local' | 'host' | 'hostssl';
  readonly database: string;
  readonly user: string;
  /** @default - none, as `local` has none */
  readonly address?: string;
  readonly method: string;
}

/**
 * Passwords from everywhere, encrypted where the platform is; in the container itself only the server's own user, as the administrator,
 * which is how the image sets up its folder.
 *
 * @see https://www.postgresql.org/docs/18/auth-pg-hba-conf.html
 */
export function hostRules(tls: ServerTls | undefined): readonly HostRule[] {
  const type = tls === undefined ? 'host' : 'hostssl';
  return [
    { type: 'local', database: 'all', user: 'postgres', method: 'peer' },
    { type, database: 'all', user: 'all', address: 'all', method: 'scram-sha-256' },
  ];
}

/** `name = value` lines. */
export function writeSettings(settings: Readonly<Record<string, PostgresSetting>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : value}\n`)
    .join('');
}

export function writeHostRules({ rules }: { readonly rules: readonly HostRule[] }): string {
  return rules
    .map(({ type, database, user, address, method }) =>
      [type, database, user, ...(address === undefined ? [] : [address]), method].join('\t'),
    )
    .map((line) => `${line}\n`)
    .join('');
}
