import { ConfigFile } from '../core/config-file';
import type { DatabaseAccess } from '../core/database';
import { InvalidPropError } from '../core/errors';
import { use } from '../core/use';
import type { Workload } from '../core/workload';

/* What programs in Python have in common: their drivers of PostgreSQL read the variables of its own library. */

/** A program that is mounted beside its settings. */
export function script(name: string, text: string): ConfigFile {
  return ConfigFile.written(
    name,
    () => ({}),
    () => text,
  );
}

/** Address of a database as SQLAlchemy writes it. Who connects, and how, is in the variables that {@link usePostgres} sets. */
export function postgresUri(driver: 'psycopg2' | 'asyncpg', { authority, database }: DatabaseAccess): string {
  return `postgresql+${driver}://${authority}/${database}`;
}

/**
 * User, password and TLS by the variables of libpq, which asyncpg reads, too: so that no address has a password in it, which would have to
 * be escaped and ends up in logs.
 *
 * @throws {InvalidPropError} if the server's certificate is for another name than its host, which libpq cannot be told
 * @see https://www.postgresql.org/docs/18/libpq-envars.html
 */
export function usePostgres(workload: Workload, access: DatabaseAccess): void {
  use(workload, access);
  if (access.tls === undefined) return;
  if (access.tls.caFile === undefined)
    throw new InvalidPropError(`${workload.node.path}.database`, undefined, 'a database with a `ca` to trust');
  workload.setEnv('PGSSLMODE', 'verify-full');
}
