import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, type ClientConfig } from 'pg';
import { envOf, fileOf, renderApp, testApp } from '../testing';
import {
  CertificateAuthority,
  dataDirectory,
  postgresVersion,
  runProgram,
  startPostgres,
  type Certificate,
  type PostgresPeer,
} from '../../tools/peers';
import { Postgres } from './postgres';

/** PostgreSQL with the files that the construct makes of it, which differ in where other files are and where it listens. */
async function startRendered(certificate?: Certificate): Promise<PostgresPeer> {
  const app = testApp(certificate === undefined ? {} : { tls: { ca: 'ca' } });
  new Postgres(app.chart('databases'), 'postgres');
  const objects = renderApp(app);
  const folder = await dataDirectory('postgres-files');
  for (const name of ['postgresql.conf', 'pg_hba.conf']) {
    const text = fileOf(objects, 'postgres-config', name)
      .replaceAll('/etc/postgresql', folder)
      .replaceAll('/etc/plumbline/tls/server/tls.crt', certificate?.certificateFile ?? 'absent')
      .replaceAll('/etc/plumbline/tls/server/tls.key', certificate?.keyFile ?? 'absent');
    await writeFile(join(folder, name), text);
  }
  // Of the image's version, which an older one does not know all of.
  const { POSTGRES_INITDB_ARGS: setUp = '' } = envOf(objects, 'StatefulSet', 'postgres');
  return startPostgres({
    setUp: (await postgresVersion()) < 17 ? [] : setUp.split(' '),
    args: [`--config_file=${join(folder, 'postgresql.conf')}`],
  });
}

async function ask<Row>(postgres: PostgresPeer, text: string, more: ClientConfig = {}): Promise<Row[]> {
  const { host, port, password } = postgres;
  const client = new Client({ host, port, password, user: 'postgres', database: 'postgres', ...more });
  await client.connect();
  try {
    // The type of a row is what the text asks for.
    return (await client.query(text)).rows as Row[];
  } finally {
    await client.end();
  }
}

describe('PostgreSQL with the files that are rendered of it', () => {
  let postgres: PostgresPeer;
  beforeAll(async () => {
    postgres = await startRendered();
  });
  afterAll(() => postgres.stop());

  it('takes every setting as it is written', async () => {
    const wrong = await ask(postgres, 'SELECT name FROM pg_file_settings WHERE NOT applied');
    // Of the test, which listens on loopback.
    expect(wrong).toEqual([{ name: 'listen_addresses' }]);
    const rows = await ask<{ name: string; setting: string }>(
      postgres,
      "SELECT name, current_setting(name) AS setting FROM pg_settings WHERE name IN ('shared_buffers', 'max_connections', 'log_timezone')",
    );
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
      shared_buffers: '64MB',
      max_connections: '60',
      log_timezone: 'UTC',
    });
  });

  it('lets nobody in without a password', async () => {
    expect(await ask(postgres, 'SELECT * FROM pg_hba_file_rules WHERE error IS NOT NULL')).toEqual([]);
    await expect(ask(postgres, 'SELECT 1', { password: 'guessed' })).rejects.toThrow('password authentication failed');
    // By its socket only the user of its own processes is let in, which this one is not.
    const socket = ask(postgres, 'SELECT 1', { host: postgres.directory });
    await expect(socket).rejects.toThrow(/Peer authentication failed|pg_hba/);
  });
});

describe('PostgreSQL where the platform encrypts', () => {
  let postgres: PostgresPeer;
  let authority: CertificateAuthority;
  beforeAll(async () => {
    const folder = await dataDirectory('postgres-authority');
    authority = await CertificateAuthority.create(folder);
    postgres = await startRendered(await authority.issue('server', '/CN=postgres', ['IP:127.0.0.1']));
  });
  afterAll(() => postgres.stop());

  it('talks to who trusts its authority, and refuses plain text whatever the password', async () => {
    const ca = await readFile(authority.certificateFile, 'utf8');
    const [row] = await ask(postgres, 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()', { ssl: { ca } });
    expect(row).toEqual({ ssl: true });
    await expect(ask(postgres, 'SELECT 1')).rejects.toThrow(/no pg_hba.conf entry .* no encryption/);
  });

  it('is well for a probe that knows neither password nor certificate', async () => {
    const { host, port } = postgres;
    await runProgram('pg_isready', [`--host=${host}`, `--port=${port}`, '--username=postgres', '--quiet']);
  });
});
