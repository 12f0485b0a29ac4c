import type { BackupJob } from '@plumbline/contracts';
import { dataDirectory, runInAirflow, runProgram } from '@plumbline/tools/peers';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileOf } from '../../../constructs/testing';
import { homeOf } from '../../../tools/peers/installed';
import { objects, type Servers } from './servers';

/** What the rendered CronJob copies. */
export const copiedDatabases = (
  JSON.parse(fileOf(objects, 'backup-databases-job', 'job.json')) as Extract<BackupJob, { readonly part: 'databases' }>
).databases;

/** As the administrator. */
export async function sql(servers: Servers, database: string, text: string): Promise<string> {
  const args = ['--no-psqlrc', '--tuples-only', '--no-align', '--set=ON_ERROR_STOP=1', '--dbname', database];
  const { stdout } = await runProgram('psql', [...args, '--command', text], { env: servers.asAdmin.postgres });
  return stdout.trim();
}

/** Airflow and MLflow make their own tables, and put into them what they keep; Grafana's are like those that it makes. */
export async function fillDatabases(servers: Servers): Promise<void> {
  await Promise.all([fillGrafana(servers), fillMlflow(servers), fillAirflow(servers)]);
}

/** There is no Grafana that a test may start. */
function fillGrafana(servers: Servers): Promise<string> {
  return sql(
    servers,
    'grafana',
    `SET ROLE grafana;
    CREATE TABLE dashboard (id SERIAL PRIMARY KEY, uid VARCHAR(40) UNIQUE, title TEXT NOT NULL, data JSONB, body BYTEA);
    CREATE TABLE dashboard_version (id BIGSERIAL PRIMARY KEY, dashboard_id INT REFERENCES dashboard (id) ON DELETE CASCADE,
      created TIMESTAMPTZ DEFAULT '2026-01-01T00:00:00.123456Z', message TEXT);
    CREATE INDEX dashboard_by_title ON dashboard (lower(title));
    CREATE VIEW newest AS SELECT dashboard_id, max(id) AS id FROM dashboard_version GROUP BY dashboard_id;
    INSERT INTO dashboard (uid, title, data, body)
      SELECT md5(n::text), E'Übersicht \\'' || n || E'\\'\\n\\t', jsonb_build_object('panels', n, 'nothing', NULL), decode(md5(n::text), 'hex')
      FROM generate_series(1, 3000) n;
    INSERT INTO dashboard_version (dashboard_id, message) SELECT id, NULLIF(title, '') FROM dashboard;`,
  );
}

/** As the owner of a database connects, by what clients of libpq read besides. */
function urlOf({ node: { secrets }, postgres }: Servers, owner: string, driver = 'psycopg2'): string {
  const { username = '', password = '' } = secrets[`${owner}-postgres-sql`] ?? {};
  return `postgresql+${driver}://${username}:${password}@${postgres.host}:${postgres.port}/${owner}`;
}

function trustOf({ authorityFile }: Servers): Readonly<Record<string, string>> {
  return { PGSSLMODE: 'verify-full', PGSSLROOTCERT: authorityFile };
}

const experiments = `
import sys, mlflow
from mlflow.tracking import MlflowClient
from mlflow.entities import Metric, Param
client = MlflowClient(sys.argv[1], sys.argv[1])
for number in range(3):
    experiment = client.create_experiment(f"training {number}", artifact_location=f"s3://mlflow/{number}")
    for _ in range(5):
        run = client.create_run(experiment)
        client.log_batch(run.info.run_id,
            metrics=[Metric("loss", 1 / (step + 1), 1780000000000 + step, step) for step in range(50)],
            params=[Param("epochs", "40")])
    client.create_registered_model(f"model-{number}")
`;

/** Its own client of PostgreSQL is that of Airflow's environment: the same Python. */
async function fillMlflow(servers: Servers): Promise<void> {
  const python = homeOf('mlflow').path('mlflow', 'bin', 'python');
  const folder = await dataDirectory('mlflow-client');
  const packages = homeOf('airflow').path('airflow', 'lib', 'python3.11', 'site-packages');
  for (const name of ['psycopg2', 'psycopg2_binary.libs']) await symlink(join(packages, name), join(folder, name));
  await runProgram(python, ['-c', experiments, urlOf(servers, 'mlflow')], {
    env: { PYTHONPATH: folder, MLFLOW_DISABLE_TELEMETRY: 'true', ...trustOf(servers) },
    timeoutMs: 280_000,
  });
}

async function fillAirflow(servers: Servers): Promise<void> {
  const home = await dataDirectory('airflow-home');
  const env = {
    AIRFLOW_HOME: home,
    AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
    ...trustOf(servers),
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: urlOf(servers, 'airflow-api-server'),
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC: urlOf(servers, 'airflow-api-server', 'asyncpg'),
    AIRFLOW__CORE__FERNET_KEY: servers.node.secrets['airflow-keys']?.fernetKey ?? '',
  };
  await runInAirflow(['airflow', 'db', 'migrate'], env);
  await runInAirflow(['airflow', 'variables', 'set', 'threshold', '0.5'], env);
}

/** Databases as `pg_dump` writes them in SQL: tables, rows in their order, sequences, indexes, owners and rights. */
export async function databaseStates(servers: Servers): Promise<Readonly<Record<string, string>>> {
  const states: Record<string, string> = {};
  for (const name of copiedDatabases) {
    const { stdout } = await runProgram('pg_dump', ['--format=plain', name], { env: servers.asAdmin.postgres });
    // A word that is another each time.
    states[name] = withCasts(stdout.replaceAll(/^\\(un)?restrict .*\n/gm, ''));
  }
  return states;
}

/** PostgreSQL itself writes a list of texts that it has read back with the type at each of them: the same condition. */
function withCasts(text: string): string {
  return text.replaceAll(/\(ARRAY\[([^\]]*)\]\)::text\[\]/g, (_, items: string) => {
    const each = items.split(', ').map((item) => `(${item})::text`);
    return `ARRAY[${each.join(', ')}]`;
  });
}

/** Databases with those who own them. */
export async function dropDatabases(servers: Servers): Promise<void> {
  for (const name of copiedDatabases) {
    await sql(servers, 'postgres', `DROP DATABASE "${name}" WITH (FORCE)`);
    await sql(servers, 'postgres', `DROP ROLE "${name}"`);
  }
}
