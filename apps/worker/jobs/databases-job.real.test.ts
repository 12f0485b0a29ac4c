import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabasesJob } from '@plumbline/contracts';
import {
  CertificateAuthority,
  dataDirectory,
  runProgram,
  startPostgres,
  type PostgresPeer,
} from '@plumbline/tools/peers';
import { Client } from 'pg';
import { withFolder } from '../testing';
import { runDatabasesJob } from './databases-job';
import { folderWith, runWith } from './testing';

const passwords: Readonly<Record<string, string>> = { grafana: 'pass-of-grafana', mlflow: "pass-'of\\-mlflow" };

describe('job databases', () => {
  let postgres: PostgresPeer;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  function environment(password = postgres.password) {
    const { host, port } = postgres;
    return { PGHOST: host, PGPORT: String(port), PGDATABASE: 'postgres', PGUSER: 'postgres', PGPASSWORD: password };
  }

  /** Runs the job for roles of these names, whose Secrets hold these passwords. */
  async function run(of: Readonly<Record<string, string>> = passwords, as = environment()) {
    let outcome = { code: -1, log: '' };
    await withFolder(async (folder) => {
      const databases: DatabasesJob['databases'] = await Promise.all(
        Object.entries(of).map(async ([name, password]) => ({
          name,
          directory: await folderWith(join(folder, name), { username: `${name}\n`, password: `${password}\n` }),
        })),
      );
      outcome = await runWith(runDatabasesJob, { databases }, as);
    });
    return outcome;
  }

  async function query<Row>(user: string, database: string, text: string, password = passwords[user]): Promise<Row[]> {
    const client = new Client({ host: postgres.host, port: postgres.port, user, database, password });
    await client.connect();
    try {
      // The type of a row is what the text asks for.
      return (await client.query(text)).rows as Row[];
    } finally {
      await client.end();
    }
  }
  const asAdministrator = <Row = unknown>(text: string, database = 'postgres') =>
    query<Row>('postgres', database, text, postgres.password);

  it('makes a database and its owner for each, once, and never says a password', async () => {
    const first = await run();
    expect(first).toMatchObject({ code: 0 });
    expect(first.log).toContain('role created');
    for (const password of Object.values(passwords)) expect(first.log).not.toContain(password);
    const second = await run();
    expect(second.code).toBe(0);
    expect(second.log).not.toMatch(/created|changed|closed|revoked/);
  });

  it('lets an owner make tables of its own, and read what it wrote', async () => {
    await query('grafana', 'grafana', "CREATE TABLE dashboard AS SELECT 1 AS id, 'shop' AS title");
    expect(await query('grafana', 'grafana', 'SELECT * FROM dashboard')).toEqual([{ id: 1, title: 'shop' }]);
  });

  it('lets no other role connect, so that it reads nothing', async () => {
    await expect(query('mlflow', 'grafana', 'SELECT * FROM dashboard')).rejects.toThrow(
      'permission denied for database',
    );
    for (const database of ['postgres', 'template1'])
      await expect(query('grafana', database, 'SELECT 1')).rejects.toThrow('permission denied for database');
  });

  it('lets an owner do nothing that is the administrator’s', async () => {
    for (const text of [
      'CREATE DATABASE more',
      'CREATE ROLE more',
      'SELECT * FROM pg_authid',
      'SET ROLE postgres',
      'SET ROLE mlflow',
      "COPY (SELECT 1) TO PROGRAM 'true'",
      "SELECT pg_read_file('/etc/passwd')",
      'ALTER SYSTEM SET max_connections = 1',
    ])
      await expect(query('grafana', 'grafana', text)).rejects.toThrow(/permission denied|must be/);
  });

  it('lets nobody in with another password, and changes a password that its Secret has changed', async () => {
    await expect(query('grafana', 'grafana', 'SELECT 1', 'guessed')).rejects.toThrow('password authentication failed');
    const changed = await run({ ...passwords, grafana: 'another-one' });
    expect(changed.code).toBe(0);
    expect(changed.log).toContain('password changed');
    expect(await query('grafana', 'grafana', 'SELECT 1 AS one', 'another-one')).toEqual([{ one: 1 }]);
    await expect(query('grafana', 'grafana', 'SELECT 1')).rejects.toThrow('password authentication failed');
    expect((await run()).code).toBe(0);
  });

  it('takes back what somebody gave by hand, and keeps the tables', async () => {
    await asAdministrator('CREATE ROLE readers');
    await asAdministrator('ALTER ROLE grafana SUPERUSER CREATEDB');
    await asAdministrator('GRANT readers, pg_read_all_data TO grafana');
    await asAdministrator('GRANT CONNECT ON DATABASE mlflow TO PUBLIC');
    await asAdministrator('ALTER DATABASE grafana OWNER TO postgres');
    const { code, log } = await run();
    expect(code).toBe(0);
    for (const what of ['attributes changed', 'membership revoked', 'closed to others', 'owner changed'])
      expect(log).toContain(what);
    expect((await run()).log).not.toMatch(/created|changed|closed|revoked/);
    expect(await query('grafana', 'grafana', 'SELECT title FROM dashboard')).toEqual([{ title: 'shop' }]);
    await expect(query('grafana', 'mlflow', 'SELECT 1')).rejects.toThrow('permission denied for database');
    await expect(query('grafana', 'grafana', 'CREATE DATABASE more')).rejects.toThrow('permission denied');
  });

  it('leaves what it is not told of alone', async () => {
    await asAdministrator("CREATE ROLE other LOGIN PASSWORD 'theirs'");
    await asAdministrator('CREATE DATABASE other OWNER other');
    expect((await run({ grafana: 'pass-of-grafana' })).code).toBe(0);
    expect(await query('other', 'other', 'SELECT 1 AS one', 'theirs')).toEqual([{ one: 1 }]);
    expect(await query('mlflow', 'mlflow', 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('makes a role that sees what others do and reads no table, and takes from it what somebody gave it besides', async () => {
    await withFolder(async (folder) => {
      const files = { username: 'exporter', password: 'pass-of-exporter' };
      const monitors = [{ name: 'exporter', directory: await folderWith(join(folder, 'exporter'), files) }];
      const runMonitors = () => runWith(runDatabasesJob, { databases: [], monitors }, environment());
      const first = await runMonitors();
      expect(first.code).toBe(0);
      // This one does not load the library, which is no reason to fail.
      for (const what of ['role created', 'may read statistics', 'may connect', 'does not load pg_stat_statements'])
        expect(first.log).toContain(what);
      const asExporter = (text: string, database = 'postgres') => query('exporter', database, text, files.password);
      await asAdministrator('CREATE TABLE secrets AS SELECT 1 AS id');
      const hidden = "SELECT FROM pg_stat_activity WHERE query = '<insufficient privilege>'";
      expect(await asExporter(hidden)).toEqual([]);
      expect(await query('mlflow', 'mlflow', hidden)).not.toEqual([]);
      await expect(asExporter('SELECT * FROM secrets')).rejects.toThrow('permission denied for table');
      await expect(asExporter('SELECT 1', 'mlflow')).rejects.toThrow('permission denied for database');
      await asAdministrator('GRANT pg_read_all_data TO exporter');
      expect((await runMonitors()).log).toContain('membership revoked');
      expect((await runMonitors()).log).not.toMatch(/created|changed|revoked|may /);
      await expect(asExporter('SELECT * FROM secrets')).rejects.toThrow('permission denied for table');
      const members = await asAdministrator<{ of: string }>(
        "SELECT roleid::regrole::text AS of FROM pg_auth_members WHERE member = 'exporter'::regrole",
      );
      expect(members).toEqual([{ of: 'pg_monitor' }]);
    });
  });

  it('makes a role that reads every table of the databases and changes none, as pg_dump needs it', async () => {
    await withFolder(async (folder) => {
      const files = { username: 'copier', password: 'pass-of-copier' };
      const readers = [{ name: 'copier', directory: await folderWith(join(folder, 'copier'), files) }];
      const owners = await Promise.all(
        Object.entries(passwords).map(async ([name, password]) => ({
          name,
          directory: await folderWith(join(folder, name), { username: name, password }),
        })),
      );
      const runReaders = () => runWith(runDatabasesJob, { databases: owners, readers }, environment());
      expect((await runReaders()).log).toContain('may read all');
      expect((await runReaders()).log).not.toMatch(/created|changed|revoked|may /);
      const asCopier = (text: string, database: string) => query('copier', database, text, files.password);
      expect(await asCopier('SELECT title FROM dashboard', 'grafana')).toEqual([{ title: 'shop' }]);
      await expect(asCopier('DELETE FROM dashboard', 'grafana')).rejects.toThrow('permission denied for table');
      await expect(asCopier('CREATE TABLE mine (id INT)', 'grafana')).rejects.toThrow('permission denied for schema');
      await expect(asCopier('SELECT 1', 'postgres')).rejects.toThrow('permission denied for database');
      const { host, port } = postgres;
      const env = { PGHOST: host, PGPORT: String(port), PGUSER: 'copier', PGPASSWORD: files.password };
      const { stdout } = await runProgram('pg_dump', ['grafana'], { env });
      expect(stdout).toContain('COPY public.dashboard');
    });
  });

  it('is not known to the server’s log by any password', async () => {
    await asAdministrator("ALTER SYSTEM SET log_statement = 'all'");
    await asAdministrator('SELECT pg_reload_conf()');
    expect((await run({ logged: 'pass-to-be-logged' })).code).toBe(0);
    const log = await readFile(join(postgres.directory, 'postgres.log'), 'utf8');
    expect(log).toContain('CREATE ROLE "logged"');
    expect(log).not.toContain('pass-to-be-logged');
    await asAdministrator('ALTER SYSTEM RESET log_statement');
    await asAdministrator('SELECT pg_reload_conf()');
  });

  it('says what is wrong with a password that the server does not take, and gives up', async () => {
    const { code, log } = await run(passwords, environment('guessed'));
    expect(code).toBe(1);
    expect(log).toContain('a Secret that was made anew does not change it');
    expect(log).not.toContain('trying again');
    expect(log).not.toContain('guessed');
  });

  it('refuses a password that clients would send differently', async () => {
    const { code, log } = await run({ grafana: 'grün' });
    expect(code).toBe(1);
    expect(log).toContain('role grafana: its password has characters that are not ASCII');
    expect(log).not.toContain('grün');
  });

  it('waits for a server that is not there yet', async () => {
    const { code, log } = await run(passwords, { ...environment(), PGPORT: '1' });
    expect(code).toBe(1);
    expect(log).toMatch(/trying again: .*ECONNREFUSED/);
  });
});

describe('job databases over TLS', () => {
  it('trusts the authority that it is told of, and no other', async () => {
    const directory = await dataDirectory('postgres-tls');
    const authority = await CertificateAuthority.create(directory);
    const server = await authority.issue('server', '/CN=postgres', ['IP:127.0.0.1']);
    const postgres = await startPostgres({
      args: [...['--ssl=on', `--ssl_cert_file=${server.certificateFile}`, `--ssl_key_file=${server.keyFile}`]],
    });
    const { host, port, password } = postgres;
    const as = (caFile: string) => ({
      ...{ PGHOST: host, PGPORT: String(port), PGDATABASE: 'postgres', PGUSER: 'postgres', PGPASSWORD: password },
      PGSSLROOTCERT: caFile,
    });
    expect((await runWith(runDatabasesJob, { databases: [] }, as(authority.certificateFile))).code).toBe(0);
    const other = await CertificateAuthority.create(await dataDirectory('postgres-other'));
    const { code, log } = await runWith(runDatabasesJob, { databases: [] }, as(other.certificateFile));
    expect([code, log.includes('trying again')]).toEqual([1, false]);
    await postgres.stop();
  });
});
