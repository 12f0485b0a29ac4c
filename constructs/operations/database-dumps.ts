import { environmentKeys } from '../contracts';
import type { ContainerProps } from '../core/container';
import type { DatabaseAccess, IDatabase } from '../core/database';
import { defined } from '../core/defined';
import { InvalidPropError } from '../core/errors';
import { SecretRef } from '../core/secret-ref';
import { SecretSource } from '../core/secret-source';
import type { Workload } from '../core/workload';
import { images } from '../images';

/** Where dumps are, before they are copied. */
export const dumpFolder = '/var/lib/plumbline/dumps';
const authorityFolder = '/run/database-authority';

/** Containers that dump databases one after the other, with PostgreSQL's own program; its version is at least that of the server. */
export function dumpContainers(databases: readonly string[], image: string | undefined): readonly ContainerProps[] {
  return databases.map((database) => ({
    name: containerOf(database),
    image: images.postgres,
    ...defined({ imageOverride: image }),
    command: [
      'pg_dump',
      '--format=custom',
      '--no-password',
      `--file=${dumpFolder}/${database}.dump`,
      `--dbname=${database}`,
    ],
    resources: { cpu: '50m', memory: '64Mi', memoryLimit: '256Mi' },
  }));
}

/** Lets the containers in, as a role that reads every table and changes none. */
export function useServer(job: Workload, server: IDatabase, databases: readonly string[]): void {
  const access = server.grantBackup(job);
  const containers = databases.map(containerOf);
  const env = { ...addressOf(access), ...trustIn(job, access, containers) };
  for (const container of containers) {
    for (const [name, value] of Object.entries(env)) job.setEnv(name, value, container);
    job.setEnvFrom(environmentKeys.postgresUser, access.credentials.username, container);
    job.setEnvFrom(environmentKeys.postgresPassword, access.credentials.password, container);
  }
}

function addressOf({ host, port }: DatabaseAccess): Record<string, string> {
  return { [environmentKeys.postgresHost]: host, [environmentKeys.postgresPort]: String(port) };
}

/** By variables that libpq reads: https://www.postgresql.org/docs/18/libpq-envars.html */
function trustIn(job: Workload, { tls }: DatabaseAccess, containers: readonly string[]): Record<string, string> {
  if (tls === undefined) return {};
  const strange = tls.serverName ?? tls.certificate?.certFile;
  if (strange !== undefined)
    throw new InvalidPropError(`${job.node.path}.tls`, strange, 'the name of the host, and no client certificate');
  const verify = { PGSSLMODE: 'verify-full' };
  const { ca } = tls.secrets ?? {};
  if (ca === undefined) return { ...verify, [environmentKeys.postgresCaFile]: 'system' };
  const secret = new SecretRef(job, 'database-authority', {
    name: ca,
    namespace: job.namespace,
    keys: { 'ca.crt': { kind: 'password' } },
    source: SecretSource.existing({ name: ca }),
  });
  job.mount(job.addSecret('database-authority', secret), authorityFolder, { containers });
  return { ...verify, [environmentKeys.postgresCaFile]: `${authorityFolder}/ca.crt` };
}

function containerOf(database: string): string {
  return `dump-${database}`;
}
