import { join } from 'node:path';
import type { DatabasesJob } from '@plumbline/contracts';
import { escapeIdentifier, escapeLiteral, type Client } from 'pg';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Environment } from '../config';
import { JobError } from './job-error';
import { readMounted } from './mounted-secret';
import { withClient } from './postgres-client';
import { runJob, type JobOptions } from './run-job';
import { isPasswordOf, scramVerifier } from './scram-verifier';

const name = z.string().regex(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/);

const fileSchema = z.object({
  databases: z.array(z.object({ name, directory: z.string().min(1) })),
  monitors: z.array(z.object({ name, directory: z.string().min(1) })).default([]),
  readers: z.array(z.object({ name, directory: z.string().min(1) })).default([]),
}) satisfies z.ZodType<DatabasesJob>;

/** What a role that owns a database may not do. It inherits, or it could make no tables: owners are members of `pg_database_owner`. */
const attributes = 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE INHERIT NOREPLICATION NOBYPASSRLS';

/** What a role that reads statistics is a member of: it sees what others do, and no table. */
const statistics = 'pg_monitor';

/** What a role that copies databases is a member of: it reads every table and sequence, and changes none. */
const everything = 'pg_read_all_data';

/**
 * Makes databases and their owners as the administrator of the environment. Nobody but its owner may connect to a database, and an owner
 * may do nothing in another. Who monitors the server connects to the administrator's database, and reads nothing but statistics; who copies
 * databases elsewhere connects to all of them, and changes none. Tables are never touched, and databases and roles that the file does not name are left alone.
 *
 * @returns the exit code
 */
export function runDatabasesJob(environment: Environment, options?: JobOptions): Promise<number> {
  return runJob({ name: 'databases', file: fileSchema, reconcile: reconcileDatabases }, environment, options);
}

async function reconcileDatabases(job: DatabasesJob, environment: Environment, logger: Logger): Promise<void> {
  const roles = await Promise.all(job.databases.map(readRole));
  const monitors = await Promise.all((job.monitors ?? []).map(readRole));
  const readers = await Promise.all((job.readers ?? []).map(readRole));
  await withClient(environment, async (client) => {
    // Whoever may connect anywhere reads there which databases and roles there are.
    for (const database of ['postgres', 'template1']) await closeToPublic(client, database, logger);
    for (const role of roles) {
      await ensureRole(client, role, logger);
      await leaveOthers(client, role.name, logger);
      await ensureDatabase(client, role.name, logger);
      await closeToPublic(client, role.name, logger);
    }
    if (monitors.length > 0) await ensureStatements(client, logger);
    for (const role of monitors) {
      await ensureRole(client, role, logger);
      await leaveOthers(client, role.name, logger, statistics);
      await ensureMember(client, role.name, statistics, [client.database ?? ''], logger);
    }
    for (const role of readers) {
      await ensureRole(client, role, logger);
      await leaveOthers(client, role.name, logger, everything);
      await ensureMember(
        client,
        role.name,
        everything,
        job.databases.map(({ name: database }) => database),
        logger,
      );
    }
  });
}

interface Role {
  readonly name: string;
  readonly password: string;
}

async function readRole({ name: role, directory }: DatabasesJob['databases'][number]): Promise<Role> {
  const whose = `role ${role}`;
  const username = await readMounted(whose, join(directory, 'username'));
  const password = await readMounted(whose, join(directory, 'password'));
  if (username !== role)
    throw new JobError('PLUMBLINE_JOB_IDENTITY', `${whose}: its Secret is of ${JSON.stringify(username)}`);
  // Others are normalized before they are hashed (SASLprep), differently by different clients.
  if (!/^[\x21-\x7e]+$/.test(password))
    throw new JobError('PLUMBLINE_JOB_IDENTITY', `${whose}: its password has characters that are not ASCII, or spaces`);
  return { name: username, password };
}

async function ensureRole(client: Client, role: Role, logger: Logger): Promise<void> {
  const { rows } = await client.query<{ kept: string | null; harmless: boolean }>(
    `SELECT rolpassword AS kept,
            rolcanlogin AND rolinherit
              AND NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls) AS harmless
       FROM pg_authid WHERE rolname = $1`,
    [role.name],
  );
  const [present] = rows;
  const quoted = escapeIdentifier(role.name);
  const password = () => `PASSWORD ${escapeLiteral(scramVerifier(role.password))}`;
  if (present === undefined) {
    await client.query(`CREATE ROLE ${quoted} ${attributes} ${password()}`);
    logger.info({ role: role.name }, 'role created');
    return;
  }
  if (!present.harmless) {
    await client.query(`ALTER ROLE ${quoted} ${attributes}`);
    logger.info({ role: role.name }, 'attributes changed');
  }
  if (!isPasswordOf(present.kept, role.password)) {
    await client.query(`ALTER ROLE ${quoted} ${password()}`);
    logger.info({ role: role.name }, 'password changed');
  }
}

/** Takes it out of every other role, whose rights it would have. @param kept but this one. @default - none */
async function leaveOthers(client: Client, role: string, logger: Logger, kept = ''): Promise<void> {
  const { rows } = await client.query<{ of: string; by: string }>(
    `SELECT other.rolname AS of, pg_get_userbyid(grantor) AS by
       FROM pg_auth_members JOIN pg_roles other ON other.oid = roleid JOIN pg_roles own ON own.oid = member
      WHERE own.rolname = $1 AND other.rolname <> $2`,
    [role, kept],
  );
  for (const { of, by } of rows) {
    const [other, own, grantor] = [of, role, by].map(escapeIdentifier);
    await client.query(`REVOKE ${other} FROM ${own} GRANTED BY ${grantor}`);
    logger.info({ role, of }, 'membership revoked');
  }
}

async function ensureDatabase(client: Client, database: string, logger: Logger): Promise<void> {
  const { rows } = await client.query<{ owner: string }>(
    'SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1',
    [database],
  );
  const quoted = escapeIdentifier(database);
  const [present] = rows;
  if (present === undefined) {
    await client.query(`CREATE DATABASE ${quoted} OWNER ${quoted}`);
    logger.info({ database }, 'database created');
  } else if (present.owner !== database) {
    await client.query(`ALTER DATABASE ${quoted} OWNER TO ${quoted}`);
    logger.info({ database, from: present.owner }, 'owner changed');
  }
}

/** Gives it what another role may, and lets it connect to where it asks for that. */
async function ensureMember(
  client: Client,
  role: string,
  of: string,
  databases: readonly string[],
  logger: Logger,
): Promise<void> {
  const quoted = escapeIdentifier(role);
  const { rows: members } = await client.query<{ is: boolean }>(`SELECT pg_has_role($1, $2, 'MEMBER') AS is`, [
    role,
    of,
  ]);
  if (members[0]?.is !== true) {
    await client.query(`GRANT ${of} TO ${quoted}`);
    logger.info({ role, of }, of === statistics ? 'may read statistics' : 'may read all');
  }
  for (const database of databases) {
    const { rows } = await client.query<{ may: boolean }>(`SELECT has_database_privilege($1, $2, 'CONNECT') AS may`, [
      role,
      database,
    ]);
    if (rows[0]?.may === true) continue;
    await client.query(`GRANT CONNECT ON DATABASE ${escapeIdentifier(database)} TO ${quoted}`);
    logger.info({ role, database }, 'may connect');
  }
}

/** Statistics of statements are an extension, which a server that does not load it cannot be asked for. */
async function ensureStatements(client: Client, logger: Logger): Promise<void> {
  const { rows } = await client.query<{ loaded: boolean; present: boolean }>(
    `SELECT current_setting('shared_preload_libraries') LIKE '%pg_stat_statements%' AS loaded,
            EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements') AS present`,
  );
  const [state] = rows;
  if (state?.present === true) return;
  if (state?.loaded !== true) {
    logger.warn('the server does not load pg_stat_statements: nobody sees which statements are slow');
    return;
  }
  await client.query('CREATE EXTENSION pg_stat_statements');
  logger.info('statistics of statements created');
}

/** Everybody may connect to a new database, and make temporary tables in it. */
async function closeToPublic(client: Client, database: string, logger: Logger): Promise<void> {
  const { rows } = await client.query<{ open: boolean }>(
    `SELECT has_database_privilege('public', $1, 'CONNECT, CREATE, TEMPORARY') AS open`,
    [database],
  );
  if (rows[0]?.open !== true) return;
  await client.query(`REVOKE ALL ON DATABASE ${escapeIdentifier(database)} FROM PUBLIC`);
  logger.info({ database }, 'closed to others');
}
