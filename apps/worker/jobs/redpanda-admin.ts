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

  /** Makes users, or gives those that are there their password. @throws {JobError} */
  async ensureUsers(users: readonly ScramUser[], logger: Logger): Promise<void> {
    if (users.length === 0) return;
    const present = await this.users();
    for (const { username, password } of users) {
      const algorithm = 'SCRAM-SHA-256';
      if (present.includes(username)) {
        await this.ask('PUT', `/v1/security/users/${encodeURIComponent(username)}`, { username, password, algorithm });
        continue;
      }
      await this.ask('POST', '/v1/security/users', { username, password, algorithm });
      logger.info({ user: username }, 'user created');
    }
  }

  /**
   * Removes users that were made here and are not to stay. Others are left alone, and told of.
   *
   * @param stay who is not removed
   * @param made who was made here; `all` for everybody
   * @throws {JobError}
   */
  async removeUsers(stay: readonly string[], made: ReadonlySet<string> | 'all', logger: Logger): Promise<void> {
    const leaving = (await this.users()).filter((name) => !stay.includes(name));
    const left: string[] = [];
    for (const username of leaving) {
      if (made !== 'all' && !made.has(username)) {
        left.push(username);
        continue;
      }
      await this.ask('DELETE', `/v1/security/users/${encodeURIComponent(username)}`);
      logger.info({ user: username }, 'user removed');
    }
    if (left.length > 0) logger.warn({ users: left }, 'users that others made are left: keep them by name, or prune');
  }

  private async users(): Promise<readonly string[]> {
    return userNames.parse(await this.ask('GET', '/v1/security/users'));
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
    const { status, text, what } = await this.follow(method, new URL(path, this.endpoint), body);
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

  /** What a broker does not do itself, it sends to the one that leads the cluster. */
  private async follow(method: string, first: URL, body: object | undefined): Promise<Answer> {
    let url = first;
    for (let hops = 0; ; hops += 1) {
      const what = `${method} ${url.origin}${url.pathname}`;
      const answer = await this.exchange(what, method, url, body);
      if (!redirects.has(answer.status)) return { ...answer, what };
      if (hops === maxHops) {
        // While it elects a leader, brokers may send each other's clients around.
        const message = `${first.origin}: sent on from broker to broker ${maxHops + 1} times`;
        throw new JobError('PLUMBLINE_JOB_SERVER', message, { transient: true });
      }
      url = this.brokerAt(answer.location, url, what);
    }
  }

  /**
   * Where it is sent on to, if that is a broker of the same cluster: the request has the superuser's password, and may have others'.
   *
   * @throws {JobError}
   */
  private brokerAt(location: string | null, from: URL, what: string): URL {
    if (location === null || !URL.canParse(location, from.href))
      throw new JobError(
        'PLUMBLINE_JOB_SERVER',
        `${what} was sent on, but not to where: ${String(location).slice(0, 200)}`,
      );
    const to = new URL(location, from);
    if (isBrokerBehind(this.endpoint, to)) return to;
    const message = `${what} was sent on to ${to.origin}, which is no broker behind ${this.endpoint.origin}: nothing was sent there`;
    throw new JobError('PLUMBLINE_JOB_SERVER', message);
  }

  private async exchange(what: string, method: string, url: URL, body: object | undefined) {
    try {
      const answer = await fetch(url, {
        method,
        headers: this.headers,
        redirect: 'manual',
        signal: AbortSignal.timeout(15_000),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = (await answer.text()).slice(0, maxAnswer);
      return { status: answer.status, location: answer.headers.get('location'), text };
    } catch (cause) {
      const message = `${what}: ${reasonOf(cause)}`;
      throw new JobError('PLUMBLINE_JOB_SERVER', message, { transient: true, cause });
    }
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
  /** Whom was asked for what. */
  readonly what: string;
}

/** Those after which the same request is to be sent again. */
const redirects = new Set([307, 308]);
const maxHops = 3;
/** Whether a URL is of a pod behind a headless Service, or of the Service itself. */
export function isBrokerBehind({ hostname, protocol }: URL, to: URL): boolean {
  const isThere = to.hostname === hostname || to.hostname.endsWith(`.${hostname}`);
  return isThere && to.protocol === protocol && to.username === '';
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
