import { mkdir, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabasesJob } from '@plumbline/contracts';
import { Duration } from 'cdk8s';
import { Client } from 'pg';
import { runDatabasesJob } from '../apps/worker/jobs/databases-job';
import { folderWith, runWith } from '../apps/worker/jobs/testing';
import {
  ConfigFile,
  Endpoint,
  MongodbExporter,
  PlatformJob,
  Postgres,
  PostgresExporter,
  Prometheus,
  RedisExporter,
} from '../constructs';
import { containerOf, envOf, fileOf, objectOf, renderApp, testApp } from '../constructs/testing';
import {
  dataDirectory,
  postgresVersion,
  startDatabaseExporter,
  startPostgres,
  startPrometheus,
  startRedis,
  type DatabaseExporterPeer,
  type PostgresPeer,
  type PrometheusPeer,
  type RedisPeer,
} from '../tools/peers';

/* Real servers, through real exporters with what is rendered for them, to a real Prometheus that evaluates the rules. */

const app = testApp();
const chart = app.chart('databases');
const server = new Postgres(chart, 'postgres', { connections: 40 });
const shop = new PlatformJob(chart, 'shop', {
  name: 'shop',
  instance: 'shop',
  job: 'databases',
  file: ConfigFile.json('job.json', () => ({})),
});
shop.use(server.grantOwn(shop));

/** Exporters as they are rendered, by name. */
export const rendered = {
  primary: new PostgresExporter(chart, 'postgres-exporter', { server }),
  replica: new PostgresExporter(chart, 'replica-exporter', {
    server: Postgres.fromExternal(chart, 'replica', { endpoint: Endpoint.external('replica.example.org', 5432) }),
    maximumLag: Duration.seconds(3),
  }),
  redis: new RedisExporter(chart, 'redis-exporter', {
    server: Endpoint.external('redis.example.org', 6379),
    evictions: 1,
  }),
} as const;
new MongodbExporter(chart, 'mongodb-exporter', { server: Endpoint.external('mongodb.example.org', 27017) });
const prometheusOfAll = new Prometheus(app.chart('metrics'), 'prometheus');
prometheusOfAll.scrape(...Object.values(rendered));
prometheusOfAll.evaluate(...Object.values(rendered));
const objects = renderApp(app);

export const passwords = { shop: 'pass-of-shop', 'postgres-exporter': 'pass-of-exporter' } as const;

/** Arguments and variables of an exporter, as they are rendered. */
export function startOf(name: string): {
  readonly args: readonly string[];
  readonly env: Record<string, string | undefined>;
} {
  return { args: containerOf(objects, 'Deployment', name).args ?? [], env: envOf(objects, 'Deployment', name) };
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** Asks again until there is an answer, for a minute. */
export async function until<T>(question: () => Promise<T>, enough: (answer: T) => boolean): Promise<T> {
  let answer = await question();
  for (let tries = 0; tries < 240 && !enough(answer); tries += 1) {
    await sleep(250);
    answer = await question();
  }
  return answer;
}

/** What {@link startWatched} starts. */
export interface WatchedServers {
  readonly postgres: PostgresPeer;
  readonly standby: PostgresPeer;
  readonly redis: RedisPeer;
  readonly prometheus: PrometheusPeer;
  readonly exporters: Readonly<Record<keyof typeof rendered, DatabaseExporterPeer>>;
  readonly clients: Clients;
  /** Runs the job that is rendered. */
  makeRoles(): Promise<{ readonly code: number; readonly log: string }>;
  /** Asks Prometheus. */
  ask(query: string): Promise<readonly Sample[]>;
}

/** Clients that are there until they are closed. */
export class Clients {
  private readonly ofPostgres: Client[] = [];
  private readonly ofRedis: Socket[] = [];

  async postgres(to: PostgresPeer, user: string, database: string, password: string): Promise<Client> {
    const client = new Client({ host: to.host, port: to.port, user, database, password });
    // The server is stopped under those that are still there.
    client.on('error', () => undefined);
    await client.connect();
    this.ofPostgres.push(client);
    return client;
  }

  /** One that says nothing. */
  async redis({ host, port }: RedisPeer): Promise<Socket> {
    const socket = connect(port, host);
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('connect', resolve));
    this.ofRedis.push(socket);
    return socket;
  }

  async close(): Promise<void> {
    for (const socket of this.ofRedis.splice(0)) socket.destroy();
    await Promise.all(this.ofPostgres.splice(0).map((client) => client.end().catch(() => undefined)));
  }
}

/** The job that is rendered, whose Secrets hold {@link passwords}. */
async function runRendered(folder: string, { host, port, password }: PostgresPeer) {
  const job = JSON.parse(fileOf(objects, 'postgres-databases-job', 'job.json')) as Required<DatabasesJob>;
  const here = (roles: DatabasesJob['databases']) =>
    Promise.all(
      roles.map(async ({ name }) => {
        const files = { username: name, password: passwords[name as keyof typeof passwords] };
        return { name, directory: await folderWith(join(folder, 'roles', name), files) };
      }),
    );
  const as = { PGHOST: host, PGPORT: String(port), PGDATABASE: 'postgres', PGUSER: 'postgres', PGPASSWORD: password };
  return runWith(runDatabasesJob, { databases: await here(job.databases), monitors: await here(job.monitors) }, as);
}

/** Where this machine has what is elsewhere in a container. */
async function postgresArgs(folder: string): Promise<readonly string[]> {
  for (const name of ['postgresql.conf', 'pg_hba.conf']) {
    const text = fileOf(objects, 'postgres-config', name).replaceAll('/etc/postgresql', folder);
    // Ours has no replicas; the one of the test is.
    const more = name === 'pg_hba.conf' ? 'host\treplication\tpostgres\t127.0.0.1/32\tscram-sha-256\n' : '';
    await writeFile(join(folder, name), text + more);
  }
  return [`--config_file=${join(folder, 'postgresql.conf')}`];
}

function startPostgresExporter(name: string, of: PostgresPeer, role: string): Promise<DatabaseExporterPeer> {
  const { args, env } = startOf(name);
  const inRole = (path = '') => path.replace('/run/role', role);
  return startDatabaseExporter({
    kind: 'postgres_exporter',
    ready: '/',
    args,
    env: {
      DATA_SOURCE_URI: (env.DATA_SOURCE_URI ?? '').replace(/^[^/]+/, `${of.host}:${of.port}`),
      DATA_SOURCE_USER_FILE: inRole(env.DATA_SOURCE_USER_FILE),
      DATA_SOURCE_PASS_FILE: inRole(env.DATA_SOURCE_PASS_FILE),
    },
  });
}

async function startRedisExporter(redis: RedisPeer): Promise<DatabaseExporterPeer> {
  // What the construct says that its user needs, and no more.
  const rights = ['+info', '+ping', '+config|get', '+client|setname', '+slowlog', '+latency'];
  await redis.ask('ACL', 'SETUSER', 'redis-exporter', 'on', '>pass-of-cache', 'resetkeys', '-@all', ...rights);
  return startDatabaseExporter({
    kind: 'redis_exporter',
    ready: '/health',
    args: startOf('redis-exporter').args,
    env: {
      REDIS_ADDR: `redis://${redis.host}:${redis.port}`,
      REDIS_USER: 'redis-exporter',
      REDIS_PASSWORD: 'pass-of-cache',
    },
  });
}

/** Rules as they are rendered, but that fire at once. */
async function prometheusConfig(folder: string, targets: WatchedServers['exporters']): Promise<string> {
  const rules = join(folder, 'rules');
  await mkdir(rules);
  for (const [name, text] of Object.entries(objectOf(objects, 'ConfigMap', 'prometheus-rules').data))
    await writeFile(join(rules, name), text.replace(/^(\s+for:) .*$/gm, '$1 0s'));
  return JSON.stringify({
    // A scrape may take as long, and one of a server that is away takes a second.
    global: { scrape_interval: '2s', evaluation_interval: '1s' },
    rule_files: [join(rules, '*.yml')],
    scrape_configs: Object.entries(targets).map(([name, { host, port }]) => ({
      job_name: rendered[name as keyof typeof rendered].name,
      static_configs: [{ targets: [`${host}:${port}`] }],
    })),
  });
}

/** A replica, and the role that whoever runs it made for who monitors it. @returns the folder of its name and password */
async function makeWatcher(folder: string, admin: Client): Promise<string> {
  await admin.query("CREATE ROLE watcher LOGIN PASSWORD 'pass-of-watcher'");
  await admin.query('GRANT pg_monitor TO watcher');
  await admin.query('GRANT CONNECT ON DATABASE postgres TO watcher');
  return folderWith(join(folder, 'watcher'), { username: 'watcher', password: 'pass-of-watcher' });
}

/** PostgreSQL with a replica, Redis, their exporters, and a Prometheus that has read all of them. */
export async function startWatched(): Promise<WatchedServers> {
  const folder = await dataDirectory('database-exporters');
  const clients = new Clients();
  const args = await postgresArgs(folder);
  const { POSTGRES_INITDB_ARGS: setUp = '' } = envOf(objects, 'StatefulSet', 'postgres');
  // Of the image's version, which an older one does not know all of.
  const postgres = await startPostgres({ args, setUp: (await postgresVersion()) < 17 ? [] : setUp.split(' ') });
  const makeRoles = () => runRendered(folder, postgres);
  const { code, log } = await makeRoles();
  if (code !== 0) throw new Error(`the job of databases failed: ${log}`);
  const watcher = await makeWatcher(
    folder,
    await clients.postgres(postgres, 'postgres', 'postgres', postgres.password),
  );
  const standby = await startPostgres({ args, replicaOf: postgres });
  const redis = await startRedis(['--maxmemory', '4mb', '--maxmemory-policy', 'noeviction']);
  const exporters = {
    primary: await startPostgresExporter('postgres-exporter', postgres, join(folder, 'roles', 'postgres-exporter')),
    replica: await startPostgresExporter('replica-exporter', standby, watcher),
    redis: await startRedisExporter(redis),
  };
  const prometheus = await startPrometheus(await prometheusConfig(folder, exporters));
  const ask = async (query: string): Promise<readonly Sample[]> => {
    const response = await fetch(`${prometheus.url}/api/v1/query?${new URLSearchParams({ query }).toString()}`);
    const body = (await response.json()) as { readonly error?: string; readonly data?: { readonly result: Sample[] } };
    if (body.data === undefined) throw new Error(`${query}: ${body.error ?? response.statusText}`);
    return body.data.result;
  };
  await until(
    () => ask('up == 1'),
    (samples) => samples.length === Object.keys(exporters).length,
  );
  return { postgres, standby, redis, prometheus, exporters, clients, makeRoles, ask };
}
