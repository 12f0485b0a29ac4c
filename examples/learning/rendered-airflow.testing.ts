import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import type { AirflowConnection } from '../../apps/models/airflow';
import { generatedSecrets } from '../../apps/end-to-end/mounted';
import { Rendered } from '../../apps/end-to-end/rendered';
import { trainingDag } from '../../constructs';
import { asYaml, containerOf, fileOf, renderApp } from '../../constructs/testing';
import {
  answers,
  dataDirectory,
  freePorts,
  runInAirflow,
  startAirflow,
  startPostgres,
  type Peer,
  type PostgresPeer,
} from '../../tools/peers';
import { learningPlatform } from './platform';

type RenderedObjects = ReturnType<typeof renderApp>;

/** Airflow on PostgreSQL, its servers as the example renders them. */
export interface RenderedAirflow {
  /** Where it is, and the user that may start trainings. */
  readonly connection: AirflowConnection;
  /** Asks its API as a user of it. */
  as(who: Pick<AirflowConnection, 'username' | 'password'>, path: string): Promise<Response>;
  /** Asks its API as its administrator. @returns the body */
  asAdmin(path: string): Promise<unknown>;
  /** Runs the Job that sets it up once more. */
  setUp(): Promise<unknown>;
  stop(): Promise<void>;
}

/** A folder of the DAGs that are rendered for the scheduler. */
export async function writeDags(objects: RenderedObjects): Promise<string> {
  const folder = join(await dataDirectory('airflow-dags'), 'dags');
  await mkdir(folder);
  for (const name of [`${trainingDag}.py`, `${trainingDag}.json`]) {
    await writeFile(join(folder, name), fileOf(objects, 'airflow-scheduler-dags', name));
  }
  return folder;
}

/**
 * Starts it with the DAG; minutes, most of them for Airflow's own start.
 *
 * @param metricsUrl where it sends its metrics by OTLP @default - nowhere
 * @throws {ToolMissingError} before `npm run tools -- --only airflow`
 */
export async function startRenderedAirflow({
  metricsUrl = 'http://127.0.0.1:9',
}: { readonly metricsUrl?: string } = {}): Promise<RenderedAirflow> {
  const objects = renderApp(learningPlatform());
  const [port = 0, health = 0, logs = 0] = await freePorts(3);
  const url = `http://127.0.0.1:${port}`;
  const connection = { url, username: 'anomaly-detection', password: randomBytes(20).toString('hex') };
  const home = await dataDirectory('airflow-home');
  const users = join(home, 'users', connection.username);
  await mkdir(users, { recursive: true });
  for (const key of ['username', 'password'] as const) await writeFile(join(users, key), connection[key]);
  const postgres = await startPostgres();
  const environmentOf = environmentsOf(
    objects,
    {
      'postgres.observability.svc.cluster.local:5432': `127.0.0.1:${postgres.port}`,
      'http://airflow-api-server.learning.svc.cluster.local:8080': url,
      'http://otel-ingestor.observability.svc.cluster.local:4318': metricsUrl,
      '/opt/airflow/dags': await writeDags(objects),
      '/opt/airflow': home,
    },
    {
      PGHOST: '127.0.0.1',
      PGPORT: String(postgres.port),
      AIRFLOW__API__PORT: String(port),
      AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT: String(health),
      AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT: String(logs),
      OTEL_METRIC_EXPORT_INTERVAL: '5000',
    },
  );
  await makeDatabase(postgres, environmentOf('Job', 'airflow-setup'));
  const setUp = async () => {
    const file = join(home, 'setup.py');
    const text = fileOf(objects, 'airflow-setup-script', 'setup.py').replace('/run/users', join(home, 'users'));
    await writeFile(file, text);
    return runInAirflow(['python', file], environmentOf('Job', 'airflow-setup'));
  };
  await setUp();
  const start = async (kind: string, part: string, ready: string) =>
    startAirflow(
      part,
      containerOf(objects, kind, `airflow-${part}`).args ?? [],
      environmentOf(kind, `airflow-${part}`),
      answers(ready, 200),
    );
  const servers: Peer[] = [];
  servers.push(await start('Deployment', 'api-server', `${url}/api/v2/monitor/health`));
  servers.push(await start('Deployment', 'dag-processor', `${url}/api/v2/version`));
  servers.push(await start('StatefulSet', 'scheduler', `http://127.0.0.1:${health}/health`));

  const as: RenderedAirflow['as'] = async ({ username, password }, path) => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ username, password });
    const token = await fetch(`${url}/auth/token`, { method: 'POST', headers, body });
    const { access_token: bearer } = (await token.json()) as { readonly access_token: string };
    return fetch(`${url}${path}`, { headers: { authorization: `Bearer ${bearer}` } });
  };
  return {
    connection,
    as,
    asAdmin: async (path) => {
      const { ADMIN_USERNAME: username = '', ADMIN_PASSWORD: password = '' } = environmentOf('Job', 'airflow-setup');
      return as({ username, password }, path).then((answer) => answer.json());
    },
    setUp,
    stop: async () => {
      for (const server of servers.toReversed()) await server.stop();
      await postgres.stop();
    },
  };
}

/** What containers are told, at addresses of this machine. */
function environmentsOf(
  objects: RenderedObjects,
  here: Readonly<Record<string, string>>,
  added: Readonly<Record<string, string>>,
): (kind: string, name: string) => Readonly<Record<string, string>> {
  const secrets = generatedSecrets(new Rendered(asYaml(objects)));
  return (kind, name) => {
    const told = (containerOf(objects, kind, name).env ?? []).flatMap((each): [string, string][] => {
      const { secretKeyRef } = (each.valueFrom ?? {}) as {
        readonly secretKeyRef?: { readonly name: string; readonly key: string };
      };
      const value = each.value ?? (secretKeyRef && secrets[secretKeyRef.name]?.[secretKeyRef.key]);
      return value === undefined ? [] : [[each.name, value]];
    });
    const placed = told.map(([key, value]): [string, string] => [
      key,
      Object.entries(here).reduce((text, [from, to]) => text.replace(from, to), value),
    ]);
    return { ...Object.fromEntries(placed), ...added };
  };
}

async function makeDatabase(postgres: PostgresPeer, told: Readonly<Record<string, string>>): Promise<void> {
  const { PGUSER = '', PGPASSWORD = '', PGDATABASE = '' } = told;
  const admin = new Client({ ...postgres, user: 'postgres', database: 'postgres' });
  await admin.connect();
  await admin.query(`CREATE ROLE "${PGUSER}" LOGIN PASSWORD '${PGPASSWORD}'`);
  await admin.query(`CREATE DATABASE "${PGDATABASE}" OWNER "${PGUSER}"`);
  await admin.end();
}
