import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import type { RedpandaSettings } from '@plumbline/contracts';
import type { Logger } from 'pino';
import { z } from 'zod';
import { JobError } from './job-error';
import { readMounted } from './mounted-secret';

/** Name and password of a SCRAM user. */
export interface ScramUser {
  readonly username: string;
  readonly password: string;
}

const userNames = z.array(z.string());
const properties = z.record(z.string(), z.unknown());

/**
 * The admin API of Redpanda, as far as the Kafka protocol does not do: users and cluster properties.
 *
 * @see https://docs.redpanda.com/api/doc/admin/v1/
 */
export class RedpandaAdmin {
  private readonly headers: Readonly<Record<string, string>>;

  /** @param superuser who asks; absent where the API asks for nobody */
  constructor(
    private readonly endpoint: URL,
    superuser?: ScramUser,
  ) {
    const basic = superuser && Buffer.from(`${superuser.username}:${superuser.password}`).toString('base64');
    this.headers = {
      'content-type': 'application/json',
      ...(basic !== undefined && { authorization: `Basic ${basic}` }),
    };
  }

  /**
   * Makes users, or gives those that are there their password, and removes every other. Where none are to be made nothing is removed:
   * such a broker asks nobody who he is.
   *
   * @param kept users that stay as they are
   * @throws {JobError}
   */
  async ensureUsers(users: readonly ScramUser[], kept: readonly string[], logger: Logger): Promise<void> {
    if (users.length === 0) return;
    const present = userNames.parse(await this.ask('GET', '/v1/security/users'));
    for (const { username, password } of users) {
      const algorithm = 'SCRAM-SHA-256';
      if (present.includes(username)) {
        await this.ask('PUT', `/v1/security/users/${encodeURIComponent(username)}`, { username, password, algorithm });
        continue;
      }
      await this.ask('POST', '/v1/security/users', { username, password, algorithm });
      logger.info({ user: username }, 'user created');
    }
    const stay = new Set([...kept, ...users.map(({ username }) => username)]);
    for (const username of present.filter((name) => !stay.has(name))) {
      await this.ask('DELETE', `/v1/security/users/${encodeURIComponent(username)}`);
      logger.info({ user: username }, 'user removed');
    }
  }

  /** Sets cluster properties that differ. @throws {JobError} */
  async ensureProperties(wanted: RedpandaSettings['properties'], logger: Logger): Promise<void> {
    const present = properties.parse(await this.ask('GET', '/v1/cluster_config'));
    const changed = Object.entries(wanted).filter(([name, value]) => !isDeepStrictEqual(present[name], value));
    if (changed.length === 0) return;
    const upsert = Object.fromEntries(changed);
    await this.ask('PUT', '/v1/cluster_config', { upsert, remove: [] });
    logger.info({ properties: upsert }, 'cluster properties changed');
  }

  private async ask(method: string, path: string, body?: object): Promise<unknown> {
    const what = `${method} ${this.endpoint.origin}${path}`;
    let status: number;
    let text: string;
    try {
      const answer = await fetch(new URL(path, this.endpoint), {
        method,
        headers: this.headers,
        signal: AbortSignal.timeout(15_000),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      status = answer.status;
      text = (await answer.text()).slice(0, maxAnswer);
    } catch (cause) {
      const message = `${what}: ${reasonOf(cause)}`;
      throw new JobError('PLUMBLINE_JOB_SERVER', message, { transient: true, cause });
    }
    // The request may have a password in it, the answer has none.
    if (status >= 300)
      throw new JobError('PLUMBLINE_JOB_SERVER', `${what} was answered with ${status}: ${text.slice(0, 200)}`, {
        transient: status >= 500,
      });
    try {
      return text === '' ? undefined : JSON.parse(text);
    } catch (cause) {
      throw new JobError('PLUMBLINE_JOB_SERVER', `${what} was answered with no JSON: ${text.slice(0, 200)}`, { cause });
    }
  }
}

/** All cluster properties are some 100 kB. */
const maxAnswer = 4 * 2 ** 20;

/** `fetch failed` says nothing; what is below it does. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? cause.cause.message : cause.message;
}

/** Name and password of each user, from its mounted Secret. @throws {JobError} if a file is missing or empty */
export function readUsers(users: RedpandaSettings['users']): Promise<readonly ScramUser[]> {
  return Promise.all(
    users.map(async ({ name, directory }) => ({
      username: await readMounted(`user ${name}`, join(directory, 'username')),
      password: await readMounted(`user ${name}`, join(directory, 'password')),
    })),
  );
}
