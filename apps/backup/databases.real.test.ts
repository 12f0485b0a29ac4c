import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram, startPostgres, startS3, type PostgresPeer, type S3Peer } from '@plumbline/tools/peers';
import { withFolder } from '@plumbline/worker/testing';
import { backUpDatabases, restoreDatabases } from './databases';
import { vaultIn } from './testing';
import type { Vault } from './vault';
import { verifySnapshot } from './verify';

/** How `pg_dump`, `pg_restore` and `psql` reach a server. */
function environmentOf({ host, port, password }: PostgresPeer) {
  return { PATH: process.env.PATH ?? '', PGHOST: host, PGPORT: String(port), PGUSER: 'postgres', PGPASSWORD: password };
}

function sql(server: PostgresPeer, text: string, database = 'postgres'): Promise<string> {
  const args = [
    '--no-psqlrc',
    '--tuples-only',
    '--no-align',
    '--set=ON_ERROR_STOP=1',
    '--dbname',
    database,
    '--command',
    text,
  ];
  return runProgram('psql', args, { env: environmentOf(server) }).then(({ stdout }) => stdout.trim());
}

/** What the Job of the server makes. */
async function makeDatabase(server: PostgresPeer, name: string): Promise<void> {
  await sql(server, `CREATE ROLE ${name} LOGIN`);
  await sql(server, `CREATE DATABASE ${name} OWNER ${name}`);
}

function dump(server: PostgresPeer, folder: string, name: string): Promise<unknown> {
  const args = ['--format=custom', '--file', join(folder, `${name}.dump`), name];
  return runProgram('pg_dump', args, { env: environmentOf(server) });
}

const tables = `SET ROLE grafana;
  CREATE TABLE dashboard (id SERIAL PRIMARY KEY, title TEXT NOT NULL, body BYTEA);
  CREATE TABLE version (id BIGINT REFERENCES dashboard (id), at TIMESTAMPTZ DEFAULT '2026-01-01');
  INSERT INTO dashboard (title, body) SELECT 'dashboard ' || n, decode(md5(n::text), 'hex') FROM generate_series(1, 500) n;
  INSERT INTO version SELECT id FROM dashboard;`;
const rows = `SELECT md5(string_agg(d::text || v::text, ',' ORDER BY d.id)) FROM dashboard d JOIN version v ON v.id = d.id`;

describe('a backup of databases', () => {
  let from: PostgresPeer;
  let to: PostgresPeer;
  let s3: S3Peer;
  let vault: Vault;

  beforeAll(async () => {
    [from, to, s3] = await Promise.all([startPostgres(), startPostgres(), startS3()]);
    vault = await vaultIn(s3);
    await makeDatabase(from, 'grafana');
    await sql(from, tables, 'grafana');
    await makeDatabase(to, 'grafana');
  });

  afterAll(async () => {
    vault.bucket.close();
    await Promise.all([from.stop(), to.stop(), s3.stop()]);
  });

  it('brings back tables, rows, sequences and references, owned by the role of the database, as often as it is run', async () => {
    await withFolder(async (folder) => {
      await dump(from, folder, 'grafana');
      const made = await backUpDatabases(vault, { folder, databases: ['grafana'] });
      expect((await verifySnapshot(vault, made)).problems).toEqual([]);
      for (let times = 0; times < 2; times += 1)
        await restoreDatabases(vault, made, { folder: join(folder, 'back'), server: environmentOf(to) });
    });
    expect(await sql(to, rows, 'grafana')).toBe(await sql(from, rows, 'grafana'));
    expect(
      await sql(to, "SET ROLE grafana; INSERT INTO dashboard (title) VALUES ('next') RETURNING id", 'grafana'),
    ).toContain('501');
    const owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'";
    expect(await sql(to, owners, 'grafana')).toBe('grafana');
  });

  it('leaves what is there where pg_restore fails, and says why', async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, 'dumps'));
      await dump(from, join(folder, 'dumps'), 'grafana');
      const made = await backUpDatabases(vault, { folder: join(folder, 'dumps'), databases: ['grafana'] });
      await sql(to, 'CREATE VIEW of_somebody AS SELECT title FROM dashboard', 'grafana');
      const before = await sql(to, 'SELECT count(*) FROM dashboard', 'grafana');
      const restoring = restoreDatabases(vault, made, { folder, server: environmentOf(to) });
      await expect(restoring).rejects.toThrow(/database grafana was not restored: .*of_somebody.* depends/s);
      expect(await sql(to, 'SELECT count(*) FROM dashboard', 'grafana')).toBe(before);
      await sql(to, 'DROP VIEW of_somebody', 'grafana');
      const nowhere = restoreDatabases(vault, made, { folder, server: { ...environmentOf(to), PATH: folder } });
      await expect(nowhere).rejects.toThrow('pg_restore is not here');
    });
  });

  it('lays no dump that was changed, and takes none for one that is none', async () => {
    await withFolder(async (folder) => {
      await dump(from, folder, 'grafana');
      const made = await backUpDatabases(vault, { folder, databases: ['grafana'] });
      for (const { data } of made.contents)
        await vault.bucket.put(vault.dataKey('databases', data), Buffer.from('PGDMP and then nothing'));
      const back = join(folder, 'back');
      await expect(restoreDatabases(vault, made, { folder: back })).rejects.toThrow(
        '(database grafana) is not what was written',
      );
      expect(await readdir(back)).toEqual(['grafana.dump.part']);
      await writeFile(join(folder, 'grafana.dump'), '-- plain SQL');
      await expect(backUpDatabases(vault, { folder, databases: ['grafana'] })).rejects.toThrow(
        'is no dump in PostgreSQL',
      );
      await expect(backUpDatabases(vault, { folder, databases: ['mlflow'] })).rejects.toThrow(
        'pg_dump did not write it',
      );
    });
  });
});
