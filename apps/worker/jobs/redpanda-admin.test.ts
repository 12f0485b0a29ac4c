import { join } from 'node:path';
import { createLogger } from '../logging';
import { withFolder } from '../testing';
import { isBrokerBehind, readUsers, RedpandaAdmin } from './redpanda-admin';
import { DocumentedApi } from './redpanda-admin.testing';
import { folderWith } from './testing';

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
