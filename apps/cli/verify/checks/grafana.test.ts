import type { Check } from '../check';
import { expectedDataSources } from '../expected';
import { contextOf, serve, thesis, type Answer, type TestServer } from '../testing';
import { connections, dataSources, grafana, login } from './grafana';

const credentials = { GF_SECURITY_ADMIN_USER: 'admin', GF_SECURITY_ADMIN_PASSWORD: 'correct horse' };
const proxy = '/api/datasources/proxy/uid';
const well: Readonly<Record<string, Answer>> = {
  '/api/health': { database: 'ok', version: '12.0.2' },
  '/api/user': { login: 'admin' },
  '/api/datasources': expectedDataSources(thesis()).items,
  [`${proxy}/tempo/api/echo`]: { status: 200, text: 'echo' },
  [`${proxy}/prometheus/api/v1/query?query=vector(1)`]: { status: 'success' },
};

describe('checks of Grafana', () => {
  let server: TestServer | undefined;
  afterEach(() => server?.close());

  async function run(check: Check, changes: Readonly<Record<string, Answer>> = {}, environment = credentials) {
    const answers: Readonly<Record<string, Answer>> = { ...well, ...changes };
    server = await serve((path, { headers }) => {
      const [, token = ''] = (headers.authorization ?? '').split(' ');
      const isAdmin = Buffer.from(token, 'base64').toString() === 'admin:correct horse';
      return isAdmin || path === '/api/health' ? answers[path] : { status: 401, text: '{}' };
    });
    return check.run(contextOf({ given: { grafana: `${server.url}/` }, environment }));
  }

  it.each([
    { check: grafana, seen: 'version 12.0.2' },
    { check: login, seen: 'as admin' },
    { check: dataSources, seen: 'Tempo, Prometheus' },
    { check: connections, seen: 'Tempo, Prometheus' },
  ])('$check.name passes when all is well', async ({ check, seen }) => {
    expect(await run(check)).toEqual({ result: 'passed', seen });
  });

  it.each([
    {
      check: grafana,
      of: 'a database that fails',
      changes: { '/api/health': { database: 'failing' } },
      says: 'its database is failing',
    },
    {
      check: grafana,
      of: 'something else at its address',
      changes: { '/api/health': { status: 200, text: '<html>\n  hello' } },
      says: 'it answers 200 to /api/health: <html> hello',
    },
    {
      check: dataSources,
      of: 'one that is not there',
      changes: { '/api/datasources': expectedDataSources(thesis()).items.slice(1) },
      says: 'Tempo (uid tempo) is not there',
    },
    {
      check: dataSources,
      of: 'one at another address',
      changes: {
        '/api/datasources': expectedDataSources(thesis()).items.map((each) => ({ ...each, url: 'http://elsewhere' })),
      },
      says: 'Tempo is at http://elsewhere, not http://tempo.tempo.svc.cluster.local:3200',
    },
    {
      check: connections,
      of: 'one that Grafana does not reach',
      changes: { [`${proxy}/tempo/api/echo`]: { status: 502, text: 'bad gateway' } },
      says: 'Tempo: answers 502 through Grafana: bad gateway',
    },
  ])('$check.name fails for $of, and names it', async ({ check, changes, says }) => {
    const outcome = await run(check, changes);
    expect(outcome.result).toBe('failed');
    expect(JSON.stringify(outcome)).toContain(says);
  });

  it('login fails for another password, and does not print it', async () => {
    const outcome = await run(login, {}, { ...credentials, GF_SECURITY_ADMIN_PASSWORD: 'battery staple' });
    expect(outcome).toMatchObject({ result: 'failed', seen: 'Grafana refuses the password of admin' });
    expect(JSON.stringify(outcome)).not.toContain('battery');
  });

  it('cannot be told without a password, and says which variable to set', () =>
    expect(login.run(contextOf({ given: { grafana: 'http://127.0.0.1:9' } }))).rejects.toMatchObject({
      message: 'GF_SECURITY_ADMIN_USER is in Secret grafana-admin of a cluster, and no cluster is looked at',
      todo: 'set the variable GF_SECURITY_ADMIN_USER, or name a kubeconfig by --kubeconfig',
    }));

  it('cannot be told when nothing listens', () =>
    expect(grafana.run(contextOf({ given: { grafana: 'http://127.0.0.1:9' } }))).rejects.toThrow(
      'Grafana does not answer at http://127.0.0.1:9',
    ));
});
