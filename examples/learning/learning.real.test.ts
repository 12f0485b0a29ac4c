import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { triggerTraining } from '../../apps/models/airflow';
import { trainingDag, trainingSteps } from '../../constructs';
import { asYaml, objectOf, renderApp } from '../../constructs/testing';
import {
  dataDirectory,
  runInAirflow,
  startApiServer,
  startPrometheus,
  type ApiServerPeer,
  type PrometheusPeer,
} from '../../tools/peers';
import { documented } from '../../environments/documented-metrics.testing';
import { startRenderedAirflow, writeDags, type RenderedAirflow } from './rendered-airflow.testing';
import { learningPlatform } from './platform';

const objects = renderApp(learningPlatform());

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

describe('The DAG that is rendered', () => {
  let read: Read;
  beforeAll(async () => {
    const folder = await writeDags(objects);
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
  let prometheus: PrometheusPeer;
  let airflow: RenderedAirflow;

  beforeAll(async () => {
    prometheus = await startPrometheus('global: {}\n', ['--web.enable-otlp-receiver']);
    airflow = await startRenderedAirflow({ metricsUrl: `${prometheus.url}/api/v1/otlp` });
  }, 900_000);
  afterAll(async () => {
    await airflow.stop();
    await prometheus.stop();
  });

  async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      await sleep(1_000);
    }
  }

  it('has the DAG, not paused', async () => {
    const dag = await until(async () => {
      const { dags } = (await airflow.asAdmin('/api/v2/dags')) as { readonly dags: readonly Record<string, unknown>[] };
      await sleep(10_000);
      return dags[0];
    });
    expect(dag).toMatchObject({ dag_id: trainingDag, is_paused: false, has_import_errors: false });
  });

  it('starts a training for who may, once for each event, with the reason', async () => {
    const request = { reason: 'drift', event: 'profile 000007', dagRunId: 'drift__000007' };
    expect(await triggerTraining(airflow.connection, request)).toBe('started');
    expect(await triggerTraining(airflow.connection, request)).toBe('present');
    expect(await airflow.asAdmin(`/api/v2/dags/${trainingDag}/dagRuns/drift__000007`)).toMatchObject({
      conf: { reason: 'drift', event: 'profile 000007' },
      triggering_user_name: airflow.connection.username,
    });
  });

  it('refuses who has another password, and another DAG', async () => {
    const request = { reason: 'drift', event: 'x', dagRunId: 'drift__x' };
    await expect(triggerTraining({ ...airflow.connection, password: 'guessed' }, request)).rejects.toMatchObject({
      code: 'PLUMBLINE_AIRFLOW_DENIED',
      message: `${airflow.connection.url}/auth/token answered 401`,
    });
    await expect(triggerTraining(airflow.connection, request, { dag: 'another' })).rejects.toMatchObject({
      code: 'PLUMBLINE_AIRFLOW_DENIED',
    });
    for (const path of ['/api/v2/connections', '/api/v2/variables'])
      expect((await airflow.as(airflow.connection, path)).status).toBe(403);
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
    await airflow.setUp();
    expect((await airflow.as(airflow.connection, '/api/v2/dags')).status).toBe(200);
  });
});
