import { z } from 'zod';
import { count, failed, passed, type Check } from '../check';
import { expectedDataSources, type ExpectedDataSource } from '../expected';
import { GrafanaClient } from '../grafana/grafana';
import { ask, excerpt } from '../http';

const healthSchema = z.object({ database: z.string(), version: z.string().optional() });
const userSchema = z.object({ login: z.string() });

/** A path that a data source of a type answers with 200 when it is well. Tempo's is the one that Grafana's own test asks. */
const testPaths: Readonly<Record<string, string>> = {
  tempo: '/api/echo',
  prometheus: '/api/v1/query?query=vector(1)',
};

export const grafana: Check = {
  name: 'grafana',
  claim: 'Grafana can be reached',
  why: 'traces and metrics are looked at there',
  async run({ servers }) {
    const url = await servers.url('grafana');
    const { status, json, text } = await ask('Grafana', `${url}/api/health`);
    const { success, data } = healthSchema.safeParse(json);
    if (status === 200 && success && data.database === 'ok') return passed(`version ${data.version ?? 'not told'}`);
    return failed(
      success ? `its database is ${data.database}` : `it answers ${status} to /api/health: ${excerpt(text)}`,
      'look at the log of Grafana',
    );
  },
};

export const login: Check = {
  name: 'login',
  claim: 'the administrator can log in to Grafana',
  why: 'nobody else has an account there',
  async run(context) {
    const client = await GrafanaClient.open(context);
    const { status, json, text } = await client.get('/api/user');
    const { success, data } = userSchema.safeParse(json);
    if (status === 200 && success) return passed(`as ${data.login}`);
    if (status === 401) {
      return failed(
        `Grafana refuses the password of ${client.user}`,
        'Grafana keeps the first password it is given on its volume; set it again: grafana cli admin reset-admin-password, in its pod',
      );
    }
    return failed(`Grafana answers ${status} to a login: ${excerpt(text)}`, 'look at the log of Grafana');
  },
};

export const dataSources: Check = {
  name: 'datasources',
  claim: 'Grafana has the data sources that are rendered, Tempo among them',
  why: 'without Tempo as a data source no trace can be seen',
  async run(context) {
    const { items } = expectedDataSources(context.rendered);
    const present = await (await GrafanaClient.open(context)).dataSources();
    const details = items.flatMap((wanted) => {
      const found = present.find(({ uid }) => uid === wanted.uid);
      if (found === undefined) return [`${wanted.name} (uid ${wanted.uid}) is not there`];
      if (found.type !== wanted.type) return [`${wanted.name} is of type ${found.type}, not ${wanted.type}`];
      return found.url === wanted.url ? [] : [`${wanted.name} is at ${found.url}, not ${wanted.url}`];
    });
    if (!items.some(({ type }) => type === 'tempo')) details.push('none of those rendered is a Tempo');
    if (details.length === 0) return passed(items.map(({ name }) => name).join(', '));
    return failed(
      `${details.length} of ${count(items.length, 'data source')} not as rendered`,
      'restart Grafana: it reads them when it starts; its log says what it objects to',
      details,
    );
  },
};

export const connections: Check = {
  name: 'connections',
  claim: 'the connection test of each data source succeeds',
  why: 'Grafana itself must reach them, through its network policy',
  async run(context) {
    const client = await GrafanaClient.open(context);
    const { items } = expectedDataSources(context.rendered);
    const { problems: details, untested } = await testConnections(client, items);
    if (details.length > 0) {
      return failed(
        `${details.length} of ${count(items.length, 'data source')} not reached by Grafana`,
        'see the check "workloads"; then whether network policies of the cluster deny what the rendered ones allow',
        details,
      );
    }
    const names = items.filter(({ name }) => !untested.includes(name)).map(({ name }) => name);
    return passed(`${names.join(', ')}${untested.length === 0 ? '' : `; no test for ${untested.join(', ')}`}`);
  },
};

/** Tests each data source through Grafana. @throws {VerifyError} without an answer of Grafana */
export async function testConnections(
  client: GrafanaClient,
  items: readonly ExpectedDataSource[],
): Promise<{ readonly problems: readonly string[]; readonly untested: readonly string[] }> {
  const problems: string[] = [];
  const untested: string[] = [];
  for (const item of items) {
    const path = testPaths[item.type];
    if (path === undefined) untested.push(item.name);
    else problems.push(...(await test(client, item, path)));
  }
  return { problems, untested };
}

async function test(
  client: GrafanaClient,
  { name, uid }: ExpectedDataSource,
  path: string,
): Promise<readonly string[]> {
  const { status, text } = await client.through(uid, path);
  return status === 200 ? [] : [`${name}: answers ${status} through Grafana: ${excerpt(text)}`];
}
