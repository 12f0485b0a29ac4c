import { readFileSync } from 'node:fs';
import { environmentKeys } from '@plumbline/contracts';
import { Client, DatabaseError, type ClientConfig } from 'pg';
import { z } from 'zod';
import { ConfigError, parseEnvironment, wholeNumber, type Environment } from '../config';
import { messageOf } from '../log';
import { errnoOf } from '../system-errors';
import { JobError } from './job-error';

/** Where PostgreSQL is, and as whom. */
export const postgresSettings = z.object({
  [environmentKeys.postgresHost]: z.string(),
  [environmentKeys.postgresPort]: wholeNumber(1, 65_535).default(5432),
  [environmentKeys.postgresDatabase]: z.string(),
  [environmentKeys.postgresUser]: z.string(),
  [environmentKeys.postgresPassword]: z.string(),
  [environmentKeys.postgresCaFile]: z.string().optional(),
  [environmentKeys.postgresCertificateFile]: z.string().optional(),
  [environmentKeys.postgresKeyFile]: z.string().optional(),
});

/** @throws {ConfigError} for half a certificate, or a file that cannot be read */
function clientConfig(environment: Environment): ClientConfig {
  const settings = parseEnvironment(postgresSettings, environment);
  const { PGSSLROOTCERT: caFile, PGSSLCERT: certFile, PGSSLKEY: keyFile } = settings;
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new ConfigError(['PGSSLCERT and PGSSLKEY must be set both or neither']);
  if (certFile !== undefined && caFile === undefined)
    throw new ConfigError(['PGSSLCERT is set and PGSSLROOTCERT is not: a certificate is shown over TLS only']);
  return {
    host: settings.PGHOST,
    port: settings.PGPORT,
    database: settings.PGDATABASE,
    user: settings.PGUSER,
    password: settings.PGPASSWORD,
    application_name: 'plumbline-job',
    connectionTimeoutMillis: 10_000,
    query_timeout: 60_000,
    ssl: caFile === undefined ? false : { ca: read('PGSSLROOTCERT', caFile), ...certificate(certFile, keyFile) },
  };
}

function certificate(certFile?: string, keyFile?: string): { cert?: string; key?: string } {
  if (certFile === undefined || keyFile === undefined) return {};
  return { cert: read('PGSSLCERT', certFile), key: read('PGSSLKEY', keyFile) };
}

function read(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError([`${name}=${JSON.stringify(path)}: ${messageOf(error)}`]);
  }
}

/**
 * Does something over one connection, and closes it.
 *
 * @throws {ConfigError} if the environment does not say how to connect
 * @throws {JobError} with what the server or the network says, which is never a password
 */
export async function withClient(environment: Environment, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client(clientConfig(environment));
  // A connection that breaks is told of by what was asked over it; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await work(client);
  } catch (error) {
    throw error instanceof JobError || error instanceof ConfigError ? error : toJobError(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Of what passes by itself: the server starts or stops, has no connection left, or another Job was first.
 *
 * @see https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
const transientStates = /^(08|53|57P0|40|42710$|42P04$|23505$|55006$)/;

const unreachable: readonly string[] = [
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
];

function toJobError(cause: unknown): JobError {
  const message = messageOf(cause);
  if (cause instanceof DatabaseError) {
    const { code = '' } = cause;
    const hint =
      code === '28P01'
        ? '. The password of the first start counts: a Secret that was made anew does not change it'
        : '';
    const transient = transientStates.test(code);
    return new JobError('PLUMBLINE_JOB_DATABASE', `${code} ${message}${hint}`, { transient, cause });
  }
  const errno = errnoOf(cause);
  // Not answered in time, or cut off, is what the client says without a code.
  const transient = errno === undefined ? /timeout|terminated/i.test(message) : unreachable.includes(errno);
  return new JobError('PLUMBLINE_JOB_SERVER', message || (errno ?? 'no connection'), { transient, cause });
}
