import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { triggerTraining } from '../../apps/models/airflow';
import { trainingDag, trainingSteps } from '../../constructs';
import { asYaml, containerOf, fileOf, objectOf, renderApp } from '../../constructs/testing';
import { generatedSecrets } from '../../apps/end-to-end/mounted';
import { Rendered } from '../../apps/end-to-end/rendered';
import {
  answers,
  dataDirectory,
  freePorts,
  runInAirflow,
  startAirflow,
  startApiServer,
  startPostgres,
  startPrometheus,
  type ApiServerPeer,
  type Peer,
  type PostgresPeer,
  type PrometheusPeer,
} from '../../tools/peers';
import { documented } from '../../environments/exposed-metrics.testing';
import { learningPlatform } from './platform';

const objects = renderApp(learningPlatform());
const dagFiles = [`${trainingDag}.py`, `${trainingDag}.json`];

/** A pod as the operator would have the API server make it. */
interface Pod {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly labels: Record<string, string> };
  readonly spec: { readonly serviceAccountName: string; readonly containers: readonly { readonly args: string[] }[] };
}

interface Read {
  readonly errors: Readonly<Record<string, string>>;
  readonly dags: Readonly<
    Record<
      string,
      {
        readonly schedule: string;
        readonly timetable: string;
        readonly catchup: boolean;
        readonly maxActiveRuns: number;
        readonly tasks: Readonly<
          Record<string, { retries: number; after: string[]; deferrable: boolean; inCluster: boolean; pod: Pod }>
        >;
      }
    >
  >;
}

/** A folder of the DAGs that are rendered for the scheduler. */
async function writeDags(): Promise<string> {
  const folder = join(await dataDirectory('airflow-dags'), 'dags');
  await mkdir(folder);
  for (const name of dagFiles) await writeFile(join(folder, name), fileOf(objects, 'airflow-scheduler-dags', name));
  return folder;
}

describe('The DAG that is rendered', () => {
  let read: Read;
  beforeAll(async () => {
    const folder = await writeDags();
    const home = await dataDirectory('airflow-home');
    const env = { AIRFLOW_HOME: home, AIRFLOW__CORE__LOAD_EXAMPLES: 'False' };
    const { stdout } = await runInAirflow(['python', join(__dirname, 'training_dags.py'), folder], env);
    read = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Read;
  });

  it('is read by Airflow without an error, and is weekly, one at a time, tried again twice', () => {
    expect(read.errors).toEqual({});
    expect(Object.keys(read.dags)).toEqual([trainingDag]);
    expect(read.dags[trainingDag]).toMatchObject({
      schedule: '0 3 * * 0',
      timetable: 'CronTriggerTimetable',
      catchup: false,
      maxActiveRuns: 1,
    });
    const tasks = read.dags[trainingDag]?.tasks ?? {};
    expect(Object.entries(tasks).map(([name, { retries, after }]) => ({ name, retries, after }))).toEqual(
      trainingSteps.map((name, index) => ({ name, retries: 2, after: trainingSteps.slice(index - 1, index) })),
    );
    for (const task of Object.values(tasks)) expect(task).toMatchObject({ deferrable: false, inCluster: true });
  });

  it('makes a pod of each step: that of the template, with the step’s arguments', () => {
    const { template } = objectOf(objects, 'PodTemplate', 'airflow-training') as unknown as { readonly template: Pod };
    for (const [step, { pod }] of Object.entries(read.dags[trainingDag]?.tasks ?? {})) {
      const [container] = pod.spec.containers;
      expect(container?.args).toEqual(['train', '--step', step, '--run', 'weekly__1']);
      expect(pod.spec).toMatchObject({
        ...template.spec,
        containers: template.spec.containers.map((each) => ({ ...each, args: container?.args })),
      });
      // The policy of the trainer selects by them.
      expect(pod.metadata).toMatchObject({ namespace: 'learning', labels: template.metadata.labels });
    }
  });

  describe('in a cluster', () => {
    let cluster: ApiServerPeer;
    beforeAll(async () => {
      cluster = await startApiServer();
      const apply = (these: typeof objects) =>
        cluster.kubectl(['apply', '--server-side', '--warnings-as-errors', '-f', '-'], asYaml(these));
      await apply(objects.filter(({ kind }) => kind === 'Namespace'));
      await apply(objects.filter(({ kind }) => kind !== 'Namespace'));
    });
    afterAll(() => cluster.stop());

    it('has pods that the restricted namespace admits', async () => {
      const pods = Object.values(read.dags[trainingDag]?.tasks ?? {}).map(({ pod }) => pod);
      expect(pods).toHaveLength(trainingSteps.length);
      for (const pod of pods) {
        const { stdout } = await cluster.kubectl(
          ['create', '--dry-run=server', '-o', 'name', '-f', '-'],
          JSON.stringify(pod),
        );
        expect(stdout.trim()).toMatch(/^pod\/training-/);
      }
      const [first] = pods;
      const rootful = JSON.stringify({ ...first, spec: { ...first?.spec, securityContext: { runAsNonRoot: false } } });
      await expect(cluster.kubectl(['create', '--dry-run=server', '-f', '-'], rootful)).rejects.toThrow(/PodSecurity/);
    });

    it('lets the scheduler make pods here and nothing else, and a step nothing at all', async () => {
      const may = async (who: string, verb: string, what: string, namespace = 'learning') => {
        const as = `--as=system:serviceaccount:learning:${who}`;
        const [resource = '', subresource] = what.split('/');
        const part = subresource === undefined ? [] : [`--subresource=${subresource}`];
        const asked = ['auth', 'can-i', verb, resource, ...part, `--namespace=${namespace}`, as];
        return cluster.kubectl(asked).then(
          () => true,
          () => false,
        );
      };
      for (const verb of ['create', 'get', 'list', 'watch', 'delete'])
        expect([verb, await may('airflow-scheduler', verb, 'pods')]).toEqual([verb, true]);
      expect(await may('airflow-scheduler', 'get', 'pods/log')).toBe(true);
      for (const [verb, what, namespace] of [
        ['create', 'pods', 'observability'],
        ['get', 'secrets', 'learning'],
        ['create', 'pods/exec', 'learning'],
        ['update', 'pods', 'learning'],
      ] as const)
        expect([verb, what, await may('airflow-scheduler', verb, what, namespace)]).toEqual([verb, what, false]);
      expect(await may('airflow-training', 'get', 'pods')).toBe(false);
      expect(await may('airflow-api-server', 'get', 'pods')).toBe(false);
    });
  });
});

describe('An Airflow as it is rendered', () => {
  let postgres: PostgresPeer;
  let prometheus: PrometheusPeer;
  let url: string;
  const servers: Peer[] = [];
  const user = { username: 'anomaly-detection', password: randomBytes(20).toString('hex') };
  let environmentOf: (kind: string, name: string) => Record<string, string>;
  let setUp: () => Promise<unknown>;

  beforeAll(async () => {
    [postgres, prometheus] = await Promise.all([
      startPostgres(),
      startPrometheus('global: {}\n', ['--web.enable-otlp-receiver']),
    ]);
    const [port = 0, health = 0, logs = 0] = await freePorts(3);
    url = `http://127.0.0.1:${port}`;
    const secrets = generatedSecrets(new Rendered(asYaml(objects)));
    const dags = await writeDags();
    const home = await dataDirectory('airflow-home');
    const users = join(home, 'users', user.username);
    await mkdir(users, { recursive: true });
    for (const [key, value] of Object.entries(user)) await writeFile(join(users, key), value);

    /** What a container is told, at addresses of this machine. */
    environmentOf = (kind, name) => {
      const told = Object.fromEntries(
        (containerOf(objects, kind, name).env ?? []).flatMap((each): [string, string][] => {
          const { secretKeyRef } = (each.valueFrom ?? {}) as {
            readonly secretKeyRef?: { readonly name: string; readonly key: string };
          };
          const value = each.value ?? (secretKeyRef && secrets[secretKeyRef.name]?.[secretKeyRef.key]);
          return value === undefined ? [] : [[each.name, value]];
        }),
      );
      const here = Object.entries(told).map(([key, value]): [string, string] => [
        key,
        value
          .replace('postgres.observability.svc.cluster.local:5432', `127.0.0.1:${postgres.port}`)
          .replace('http://airflow-api-server.learning.svc.cluster.local:8080', url)
          .replace('http://otel-ingestor.observability.svc.cluster.local:4318', `${prometheus.url}/api/v1/otlp`)
          .replace('/opt/airflow/dags', dags)
          .replace('/opt/airflow', home),
      ]);
      return {
        ...Object.fromEntries(here),
        PGHOST: '127.0.0.1',
        PGPORT: String(postgres.port),
        AIRFLOW__API__PORT: String(port),
        AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT: String(health),
        AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT: String(logs),
        OTEL_METRIC_EXPORT_INTERVAL: '5000',
      };
    };

    const { PGUSER = '', PGPASSWORD = '', PGDATABASE = '' } = environmentOf('Job', 'airflow-setup');
    const admin = new Client({ ...postgres, user: 'postgres', database: 'postgres' });
    await admin.connect();
    await admin.query(`CREATE ROLE "${PGUSER}" LOGIN PASSWORD '${PGPASSWORD}'`);
    await admin.query(`CREATE DATABASE "${PGDATABASE}" OWNER "${PGUSER}"`);
    await admin.end();

    setUp = async () => {
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
    servers.push(await start('Deployment', 'api-server', `${url}/api/v2/monitor/health`));
    servers.push(await start('Deployment', 'dag-processor', `${url}/api/v2/version`));
    servers.push(await start('StatefulSet', 'scheduler', `http://127.0.0.1:${health}/health`));
  }, 900_000);
  afterAll(async () => {
    for (const server of servers.toReversed()) await server.stop();
    await prometheus.stop();
    await postgres.stop();
  });

  async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      await sleep(1_000);
    }
  }

  async function asAdmin(path: string): Promise<unknown> {
    const { ADMIN_USERNAME: username, ADMIN_PASSWORD: password } = environmentOf('Job', 'airflow-setup');
    return as({ username, password }, path).then((answer) => answer.json());
  }

  async function as(who: object, path: string): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    const token = await fetch(`${url}/auth/token`, { method: 'POST', headers, body: JSON.stringify(who) });
    const { access_token: bearer } = (await token.json()) as { readonly access_token: string };
    return fetch(`${url}${path}`, { headers: { authorization: `Bearer ${bearer}` } });
  }

  it('has the DAG, not paused', async () => {
    const dag = await until(async () => {
      const { dags } = (await asAdmin('/api/v2/dags')) as { readonly dags: readonly Record<string, unknown>[] };
      await sleep(10_000);
      return dags[0];
    });
    expect(dag).toMatchObject({ dag_id: trainingDag, is_paused: false, has_import_errors: false });
  });

  it('starts a training for who may, once for each event, with the reason', async () => {
    const request = { reason: 'drift', event: 'profile 000007', dagRunId: 'drift__000007' };
    expect(await triggerTraining({ url, ...user }, request)).toBe('started');
    expect(await triggerTraining({ url, ...user }, request)).toBe('present');
    expect(await asAdmin(`/api/v2/dags/${trainingDag}/dagRuns/drift__000007`)).toMatchObject({
      conf: { reason: 'drift', event: 'profile 000007' },
      triggering_user_name: user.username,
    });
  });

  it('refuses who has another password, and another DAG', async () => {
    const request = { reason: 'drift', event: 'x', dagRunId: 'drift__x' };
    await expect(triggerTraining({ url, ...user, password: 'guessed' }, request)).rejects.toMatchObject({
      code: 'PLUMBLINE_AIRFLOW_DENIED',
      message: `${url}/auth/token answered 401`,
    });
    await expect(triggerTraining({ url, ...user }, request, { dag: 'another' })).rejects.toMatchObject({
      code: 'PLUMBLINE_AIRFLOW_DENIED',
    });
    for (const path of ['/api/v2/connections', '/api/v2/variables']) expect((await as(user, path)).status).toBe(403);
  });

  it('sends the series that alerts and the dashboard ask for', async () => {
    const wanted = Object.keys(documented).filter((name) => name.startsWith('airflow_'));
    const missing = await until(async () => {
      const answer = await fetch(`${prometheus.url}/api/v1/label/__name__/values`);
      const { data } = (await answer.json()) as { readonly data: readonly string[] };
      const left = wanted.filter((name) => !data.includes(name));
      return left.length === 0 ? left : undefined;
    });
    expect(missing).toEqual([]);
    const query = encodeURIComponent(
      `airflow_ti_finish_total{job="airflow", dag_id="${trainingDag}", task_id="extract"}`,
    );
    const answer = await fetch(`${prometheus.url}/api/v1/query?query=${query}`);
    const { data } = (await answer.json()) as { readonly data: { readonly result: readonly object[] } };
    expect(data.result.length).toBeGreaterThan(0);
  });

  it('may be set up again', async () => {
    await setUp();
    expect((await as(user, '/api/v2/dags')).status).toBe(200);
  });
});
