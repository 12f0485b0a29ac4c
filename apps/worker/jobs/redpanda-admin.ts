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
const changedTo = z.object({ config_version: z.int() });
const configStatuses = z.array(
  z.object({
    node_id: z.int(),
    config_version: z.int(),
    restart: z.boolean(),
    invalid: z.array(z.string()),
    unknown: z.array(z.string()),
  }),
);

/** What a broker made of the properties: which version it has, whether it has to be started again, and what it could not read. */
export type ConfigStatus = z.infer<typeof configStatuses>[number];

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

  /**
   * Sets cluster properties that differ, and those that are secret: the API does not say which value they have, and takes one that they have
   * already for no change. All by one request, as Redpanda refuses some without others.
   *
   * @returns the version of the properties that brokers will have; nothing if nothing was sent
   * @throws {JobError}
   */
  async ensureProperties(
    wanted: RedpandaSettings['properties'],
    logger: Logger,
    secrets: Readonly<Record<string, string>> = {},
  ): Promise<number | undefined> {
    const present = properties.parse(await this.ask('GET', '/v1/cluster_config'));
    const changed = Object.entries(wanted).filter(([name, value]) => !isDeepStrictEqual(present[name], value));
    const differing = Object.fromEntries(changed);
    const upsert = { ...differing, ...secrets };
    if (Object.keys(upsert).length === 0) return undefined;
    const answer = await this.ask('PUT', '/v1/cluster_config', { upsert, remove: [] }, Object.values(secrets));
    if (changed.length > 0) logger.info({ properties: differing }, 'cluster properties changed');
    return changedTo.safeParse(answer).data?.config_version;
  }

  /** What each broker made of the properties. @throws {JobError} */
  async configStatus(): Promise<readonly ConfigStatus[]> {
    return configStatuses.parse(await this.ask('GET', '/v1/cluster_config/status'));
  }

  /** @param secrets what an answer may repeat of the request, and no error may say */
  private async ask(method: string, path: string, body?: object, secrets: readonly string[] = []): Promise<unknown> {
    const { status, what, ...answer } = await this.follow(method, new URL(path, this.endpoint), body);
    const text = without(secrets, answer.text);
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

/** A text in which secrets are not, as they are or as JSON has them. */
function without(secrets: readonly string[], text: string): string {
  const written = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  return written.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
}

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
