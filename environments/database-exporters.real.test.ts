import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';
import { startDatabaseExporter, type DatabaseExporterPeer, type PostgresPeer } from '../tools/peers';
import { interpolated, queriesOf } from './dashboards.testing';
import {
  passwords,
  rendered,
  startOf,
  startWatched,
  until,
  type Sample,
  type WatchedServers,
} from './database-exporters.testing';
import { answered } from './exposed-metrics.testing';

let servers: WatchedServers;
beforeAll(async () => {
  servers = await startWatched();
});
afterAll(async () => {
  await servers.clients.close();
  const { postgres, standby, redis, prometheus, exporters } = servers;
  await Promise.all([prometheus, ...Object.values(exporters), standby, postgres, redis].map((peer) => peer.stop()));
});

const asShop = () => servers.clients.postgres(servers.postgres, 'shop', 'shop', passwords.shop);
const asAdministrator = (of: PostgresPeer) => servers.clients.postgres(of, 'postgres', 'postgres', of.password);

const allAlerts = [rendered.primary, rendered.redis].flatMap(({ alerts }) => alerts);
const fired = new Set<string>();

async function firing(alert: string): Promise<readonly Sample[]> {
  const some = await until(
    () => servers.ask(`ALERTS{alertname="${alert}", alertstate="firing"}`),
    (samples) => samples.length > 0,
  );
  expect([alert, some.length > 0]).toEqual([alert, true]);
  fired.add(alert);
  return some;
}

async function textOf({ url }: DatabaseExporterPeer): Promise<string> {
  return (await fetch(`${url}/metrics`)).text();
}

const missing = (text: string, names: readonly string[]) =>
  names.filter((name) => !new RegExp(`^${name}[ {]`, 'm').test(text));

describe('The exporter of a real PostgreSQL, with the rendered role, files and arguments', () => {
  it('answers with every series that is asked for, and lacks no right', async () => {
    await (await asShop()).query('SELECT 1');
    const text = await textOf(servers.exporters.primary);
    expect(missing(text, answered.postgresExporter)).toEqual([]);
    expect(text).not.toMatch(/^pg_scrape_collector_success\{.*\} 0$/m);
    expect(text).toMatch(/^pg_up 1$/m);
    expect(text).not.toContain('user="postgres-exporter"');
    expect(text).toMatch(/^pg_settings_track_io_timing\{.*\} 1$/m);
  });

  it('reads no table, and changes nothing', async () => {
    const mine = await asShop();
    await mine.query('CREATE TABLE IF NOT EXISTS orders AS SELECT 1 AS id');
    const asExporter = (database: string) =>
      servers.clients.postgres(servers.postgres, 'postgres-exporter', database, passwords['postgres-exporter']);
    await expect(asExporter('shop')).rejects.toThrow('permission denied for database');
    const own = await asExporter('postgres');
    for (const text of ['CREATE TABLE mine (id int)', 'SELECT * FROM pg_authid', 'CREATE ROLE more'])
      await expect(own.query(text)).rejects.toThrow('permission denied');
  });

  it('sees statements of others, and tells their text only if it is to', async () => {
    const mine = await asShop();
    await mine.query("SELECT 'a-secret' AS told");
    const text = await textOf(servers.exporters.primary);
    expect(text).toMatch(/^pg_stat_statements_calls_total\{datname="shop",queryid="[-\d]+",user="shop"\}/m);
    expect(text).not.toContain('a-secret');
    expect(text).not.toContain('pg_stat_statements_query_id{');
  });

  it('has its job change nothing the second time', async () => {
    const { code, log } = await servers.makeRoles();
    expect([code, /created|may |changed|revoked/.test(log)]).toEqual([0, false]);
  });
});

describe('The exporter of a real Redis, with the rendered arguments', () => {
  it('answers with every series that is asked for', async () => {
    await servers.redis.ask('SET', 'key', 'value');
    expect(missing(await textOf(servers.exporters.redis), answered.redisExporter)).toEqual([]);
  });

  it('asks no other server for whoever reads it', async () => {
    const { url } = servers.exporters.redis;
    expect((await fetch(`${url}/scrape?target=redis://127.0.0.1:1`)).status).toBe(404);
  });
});

describe('The exporter of MongoDB, with the rendered arguments', () => {
  it('takes every flag, and says that no server answers', async () => {
    const { args, env } = startOf('mongodb-exporter');
    const peer = await startDatabaseExporter({
      kind: 'mongodb_exporter',
      ready: '/',
      args,
      env: {
        MONGODB_URI: (env.MONGODB_URI ?? '').replace('mongodb.example.org:27017', '127.0.0.1:1'),
        MONGODB_USER: 'exporter',
        MONGODB_PASSWORD: 'pass-of-exporter',
      },
    });
    try {
      const text = await textOf(peer);
      expect(missing(text, answered.mongodbExporter)).toEqual([]);
      expect(text).toMatch(/^mongodb_up\{.*\} 0$/m);
      expect(await readFile(join(peer.directory, 'mongodb_exporter.log'), 'utf8')).not.toContain('pass-of-exporter');
    } finally {
      await peer.stop();
    }
  });
});

describe('Under load', () => {
  it.each<readonly [string, () => Promise<unknown>]>([
    [
      'PostgresStatementsSlow',
      async () => {
        const mine = await asShop();
        for (let i = 0; i < 5; i += 1) await mine.query('SELECT pg_sleep(1.3)');
      },
    ],
    [
      'PostgresDeadlocks',
      async () => {
        const [one, two] = [await asShop(), await asShop()];
        await one.query('CREATE TABLE stock AS SELECT id, 0 AS n FROM generate_series(1, 2) AS id');
        const take = (client: Client, id: number) => client.query('UPDATE stock SET n = n + 1 WHERE id = $1', [id]);
        await Promise.all([one.query('BEGIN'), two.query('BEGIN')]);
        await Promise.all([take(one, 1), take(two, 2)]);
        const ends = await Promise.allSettled([take(one, 2), take(two, 1)]);
        expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
        await Promise.all([one.query('ROLLBACK'), two.query('ROLLBACK')]);
      },
    ],
    [
      'PostgresCacheHitsLow',
      async () => {
        const mine = await asShop();
        await mine.query(
          "CREATE TABLE pages AS SELECT id, repeat('x', 2000) AS text FROM generate_series(1, 40000) AS id",
        );
        await mine.query('SET max_parallel_workers_per_gather = 0');
        for (let i = 0; i < 25; i += 1) await mine.query('SELECT count(text) FROM pages');
      },
    ],
    [
      'PostgresReplicaBehind',
      async () => {
        await (await asAdministrator(servers.standby)).query('SELECT pg_wal_replay_pause()');
        await (await asShop()).query('CREATE TABLE later AS SELECT 1 AS id');
      },
    ],
    [
      'RedisMemoryNearMaximum',
      async () => {
        await servers.redis.ask(
          'EVAL',
          "for i = 1, 1800 do redis.call('SET', 'k' .. i, string.rep('x', 1000)) end",
          '0',
        );
        await servers.redis.ask('CONFIG', 'SET', 'maxmemory', await almost());
      },
    ],
    [
      'RedisEvictsKeys',
      async () => {
        await servers.redis.ask('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
        for (let round = 0; round < 12; round += 1)
          await servers.redis.ask(
            'EVAL',
            `for i = 1, 100 do redis.call('SET', 'r${round}.' .. i, string.rep('x', 1000)) end`,
            '0',
          );
      },
    ],
    ['RedisHitRateLow', () => servers.redis.ask('EVAL', "for i = 1, 40000 do redis.call('GET', 'none' .. i) end", '0')],
    [
      'RedisRejectsConnections',
      async () => {
        await servers.redis.ask('CONFIG', 'SET', 'maxclients', '20');
        const [first, second] = [
          await servers.clients.redis(servers.redis),
          await servers.clients.redis(servers.redis),
        ];
        for (let i = 0; i < 23; i += 1) await servers.clients.redis(servers.redis);
        // The exporter comes in again.
        for (const socket of [first, second]) socket.destroy();
      },
    ],
    ['RedisConnectionsNearMaximum', async () => undefined],
  ])('%s fires', async (alert, load) => {
    await load();
    await firing(alert);
  });

  const panels = [rendered.primary, rendered.redis].flatMap(({ dashboards }) => dashboards.flatMap(queriesOf));

  it.each<readonly [string, string]>(panels.map(({ panel, text }) => [panel, text]))(
    'panel %s has something to show',
    async (panel, text) => {
      // A replica is another server, under another job.
      const query = interpolated(text).replace(/job="postgres-exporter"/g, 'job=~"postgres-exporter|replica-exporter"');
      const rows = await until(
        () => servers.ask(query),
        (samples) => samples.some(({ value: [, value] }) => value !== 'NaN'),
      );
      expect([panel, rows.some(({ value: [, value] }) => value !== 'NaN')]).toEqual([panel, true]);
    },
  );

  /** Alerts that nothing here makes fire, and why: `rules.real.test.ts` has them fire on series that are written for it. */
  const untried: Readonly<Record<string, string>> = {
    PostgresStorageSlow: 'the disk of this machine cannot be made slow',
    PostgresTransactionOld: 'it would take an hour',
  };

  it('every other query of an alert has an answer, and the whole is understood', async () => {
    expect(Object.keys(untried).filter((name) => !allAlerts.some((alert) => alert.name === name))).toEqual([]);
    for (const { expr } of allAlerts.filter(({ name }) => name in untried)) {
      const [compared = ''] = expr.split(/ > [\d.]+/);
      expect([expr, (await servers.ask(compared)).length > 0]).toEqual([expr, true]);
    }
  });

  it('PostgresConnectionsNearMaximum fires', async () => {
    await servers.clients.close();
    for (let i = 0; i < 33; i += 1) await asShop();
    await firing('PostgresConnectionsNearMaximum');
  });

  it('PostgresExporterBlind fires for an extension that is missing', async () => {
    await (await asAdministrator(servers.postgres)).query('DROP EXTENSION pg_stat_statements');
    const [{ metric } = { metric: {} }] = await firing('PostgresExporterBlind');
    expect(metric).toMatchObject({ collector: 'stat_statements', severity: 'warning' });
  });

  it('their servers are seen to be away, and then they themselves', async () => {
    await servers.clients.close();
    await Promise.all([servers.postgres.stop(), servers.redis.stop()]);
    await firing('PostgresUnreachable');
    await firing('RedisUnreachable');
    await Promise.all(Object.values(servers.exporters).map((peer) => peer.stop()));
    await firing('PostgresExporterDown');
    await firing('RedisExporterDown');
  });

  it('leaves no alert untried but those that it names', () => {
    expect([...fired, ...Object.keys(untried)].sort()).toEqual(allAlerts.map(({ name }) => name).sort());
  });
});

/** A maximum of which what is used now is 95 %. */
async function almost(): Promise<string> {
  const used = Number(/^used_memory:(\d+)/m.exec(await servers.redis.ask('INFO', 'memory'))?.[1]);
  return String(Math.round(used / 0.95));
}
