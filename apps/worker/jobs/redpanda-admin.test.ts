import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createLogger } from '../logging';
import { withFolder } from '../testing';
import { isBrokerBehind, readUsers, RedpandaAdmin } from './redpanda-admin';
import { folderWith } from './testing';

interface Request {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

/** Answers as Redpanda's documentation says: no broker of theirs can be had here. */
class DocumentedApi {
  readonly requests: Request[] = [];
  readonly users = new Set(['preprocessing']);
  readonly config: Record<string, unknown> = { log_retention_ms: 1, superusers: ['admin'], unknown_to_us: true };
  failWith: number | undefined;
  /** Where it sends on who wants a change, as a broker that does not lead the cluster does. */
  leader: string | undefined;
  private readonly server = createServer((request, response) => this.take(request, response));

  async listen(): Promise<URL> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return new URL(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}`);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** What was asked for besides reading. */
  get changes(): readonly Request[] {
    return this.requests.filter(({ method }) => method !== 'GET');
  }

  /** Paths of users that were deleted. */
  removed(): readonly string[] {
    return this.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path);
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const { method = '', url: path = '' } = request;
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      this.requests.push({ method, path, authorization: request.headers.authorization, body });
      if (this.leader !== undefined && method !== 'GET')
        response.writeHead(307, { location: `${this.leader}${path}` }).end();
      else if (this.failWith !== undefined) response.writeHead(this.failWith).end('{"message":"no"}');
      else response.writeHead(200, { 'content-type': 'application/json' }).end(this.answer(method, path, body));
    });
  }

  private answer(method: string, path: string, body: unknown): string {
    if (path === '/v1/security/users' && method === 'GET') return JSON.stringify(Array.from(this.users));
    if (path === '/v1/cluster_config' && method === 'GET') return JSON.stringify(this.config);
    if (method === 'DELETE') this.users.delete(decodeURIComponent(path.slice('/v1/security/users/'.length)));
    if (path === '/v1/cluster_config') {
      Object.assign(this.config, (body as { readonly upsert: object }).upsert);
      return '{"config_version":2}';
    }
    return '';
  }
}

describe("Redpanda's admin API", () => {
  let api: DocumentedApi;
  let endpoint: URL;
  const logger = createLogger('test', 'fatal');
  beforeEach(async () => {
    api = new DocumentedApi();
    endpoint = await api.listen();
  });
  afterEach(() => api.close());

  it('is told of cluster properties that differ, once', async () => {
    const admin = new RedpandaAdmin(endpoint);
    const wanted = { log_retention_ms: 2, superusers: ['admin'], enable_metrics_reporter: false };
    await admin.ensureProperties(wanted, logger);
    await admin.ensureProperties(wanted, logger);
    expect(api.changes).toEqual([
      {
        method: 'PUT',
        path: '/v1/cluster_config',
        authorization: undefined,
        body: { upsert: { log_retention_ms: 2, enable_metrics_reporter: false }, remove: [] },
      },
    ]);
    expect(api.config.unknown_to_us).toBe(true);
  });

  it('makes users that are missing, and gives the others their password, as the superuser', async () => {
    const admin = new RedpandaAdmin(endpoint, { username: 'admin', password: 'secret' });
    const users = ['preprocessing', 'console'].map((username) => ({ username, password: `of-${username}` }));
    await admin.ensureUsers(users, logger);
    const authorization = `Basic ${Buffer.from('admin:secret').toString('base64')}`;
    const algorithm = 'SCRAM-SHA-256';
    expect(api.changes).toEqual([
      {
        method: 'PUT',
        path: '/v1/security/users/preprocessing',
        authorization,
        body: { username: 'preprocessing', password: 'of-preprocessing', algorithm },
      },
      {
        method: 'POST',
        path: '/v1/security/users',
        authorization,
        body: { username: 'console', password: 'of-console', algorithm },
      },
    ]);
  });

  it('removes users that were made and are not to stay; those that others made are left, and told of, unless it prunes', async () => {
    for (const name of ['admin', 'formerly granted', 'analyst', 'by-hand']) api.users.add(name);
    const admin = new RedpandaAdmin(endpoint);
    const warned: unknown[] = [];
    const telling = Object.assign(createLogger('test', 'fatal'), { warn: (details: unknown) => warned.push(details) });
    const stay = ['preprocessing', 'admin', 'analyst'];
    await admin.removeUsers(stay, new Set(['preprocessing', 'formerly granted']), telling);
    expect(api.removed()).toEqual(['/v1/security/users/formerly%20granted']);
    expect(warned).toEqual([{ users: ['by-hand'] }]);
    await admin.removeUsers(stay, 'all', telling);
    expect(api.removed().slice(1)).toEqual(['/v1/security/users/by-hand']);
  });

  it('is tried again when it is not well, and not when it refuses; no password is in what is said', async () => {
    const admin = new RedpandaAdmin(endpoint, { username: 'admin', password: 'secret' });
    api.failWith = 503;
    await expect(admin.ensureProperties({}, logger)).rejects.toMatchObject({ transient: true });
    api.failWith = 403;
    const refused = admin.ensureUsers([{ username: 'console', password: 'hidden' }], logger);
    await expect(refused).rejects.toMatchObject({
      transient: false,
      message: expect.stringContaining('403') as unknown,
    });
    await refused.catch((error: unknown) => expect(String(error)).not.toMatch(/hidden|secret/));
    await api.close();
    await expect(admin.ensureProperties({}, logger)).rejects.toMatchObject({
      transient: true,
      message: expect.stringContaining(endpoint.origin) as unknown,
    });
  });

  describe('of a broker that does not lead the cluster', () => {
    const console = { username: 'console', password: 'of-console' };
    let leader: DocumentedApi;
    let leaderUrl: URL;
    beforeEach(async () => {
      leader = new DocumentedApi();
      leaderUrl = await leader.listen();
      api.leader = leaderUrl.origin;
    });
    afterEach(() => leader.close());

    it('sends on to the one that does, which is asked the same by the same superuser', async () => {
      const admin = new RedpandaAdmin(endpoint, { username: 'admin', password: 'secret' });
      await admin.ensureUsers([console], logger);
      await admin.ensureProperties({ log_retention_ms: 2 }, logger);
      expect(leader.requests).toEqual(api.changes);
      expect(leader.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
        'POST /v1/security/users',
        'PUT /v1/cluster_config',
      ]);
    });

    it.each([
      ['another host', () => `http://localhost:${leaderUrl.port}`],
      ['another protocol', () => `https://127.0.0.1:${leaderUrl.port}`],
      ['a host whose name only begins so', () => `http://127.0.0.1.example.org:${leaderUrl.port}`],
      ['somebody else at the same host', () => `http://user@127.0.0.1:${leaderUrl.port}`],
    ])('sends nothing on to %s, and says where it was to go', async (_, to) => {
      api.leader = to();
      const admin = new RedpandaAdmin(endpoint, { username: 'admin', password: 'secret' });
      const refused = admin.ensureUsers([console], logger);
      await expect(refused).rejects.toMatchObject({
        transient: false,
        message: expect.stringContaining(`sent on to ${new URL(to()).origin}, which is no broker`) as unknown,
      });
      await refused.catch((error: unknown) => expect(String(error)).not.toMatch(/of-console|secret/));
      expect(leader.requests).toEqual([]);
    });

    it('is behind the Service of brokers if its name is below that', () => {
      const service = new URL('https://redpanda-headless.redpanda.svc.cluster.local:9644');
      const isBroker = (host: string) => isBrokerBehind(service, new URL(`https://${host}:9644/v1/security/users`));
      expect(isBroker('redpanda-2.redpanda-headless.redpanda.svc.cluster.local')).toBe(true);
      expect(isBroker('redpanda-headless.redpanda.svc.cluster.local.example.org')).toBe(false);
      expect(isBroker('other-redpanda-headless.redpanda.svc.cluster.local')).toBe(false);
      expect(isBroker('redpanda-2.redpanda-headless.other.svc.cluster.local')).toBe(false);
    });

    it('is tried again later when every broker sends on to another, and not when it says no place', async () => {
      leader.leader = endpoint.origin;
      const admin = new RedpandaAdmin(endpoint);
      await expect(admin.ensureUsers([console], logger)).rejects.toMatchObject({ transient: true });
      expect([api.changes.length, leader.changes.length]).toEqual([2, 2]);
      api.leader = 'http://';
      await expect(admin.ensureUsers([console], logger)).rejects.toMatchObject({ transient: false });
    });
  });

  it('is given users from their mounted Secrets', async () => {
    await withFolder(async (folder) => {
      const directory = await folderWith(join(folder, 'console'), { username: 'console\n', password: 'p' });
      expect(await readUsers([{ name: 'console', directory }])).toEqual([{ username: 'console', password: 'p' }]);
      const empty = await folderWith(join(folder, 'empty'), { username: 'x', password: '' });
      await expect(readUsers([{ name: 'empty', directory: empty }])).rejects.toThrow('user empty');
      await expect(readUsers([{ name: 'none', directory: join(folder, 'none') }])).rejects.toThrow('user none');
    });
  });
});
