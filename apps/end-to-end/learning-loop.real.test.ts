import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { buckets, currentProfileKey, topics, type WorkerName } from '@plumbline/contracts';
import { startAirflowStandIn, type AirflowStandIn } from '@plumbline/models/airflow/testing';
import { runProgram, startLocalTempo, startMlflow, type LocalTempoPeer, type MlflowPeer } from '@plumbline/tools/peers';
import { encodeFeedback, feedbackKey } from '@plumbline/wire';
import { exampleFeedback } from '@plumbline/wire/feedback.testing';
import { exampleIncident } from '@plumbline/wire/incident.testing';
import { z } from 'zod';
import { startRenderedAirflow, type RenderedAirflow } from '../../examples/learning/rendered-airflow.testing';
import { startBackbone, type Backbone } from './backbone';
import { eventually } from './eventually';
import { Load } from './load';
import { plumbline, type Environment } from './plumbline';
import { Random } from './random';
import { impatient } from './settings';
import { objectBytes } from './stored-traces';
import { encodeRequest, orderTrace, type SentTrace } from './traces';
import { WorkerProcess, stopAll } from './workers';

const partitions = 2;

const modelSchema = z.object({
  learned: z.object({
    versions: z.array(z.object({ role: z.string(), version: z.string().optional(), isLoaded: z.boolean().optional() })),
    refused: z.record(z.string(), z.object({ kind: z.string(), reason: z.string() })),
  }),
});
const extractedSchema = z.object({
  extract: z.object({ excluded: z.array(z.object({ services: z.array(z.string()) })) }),
});
const registeredSchema = z.object({ register: z.object({ version: z.string() }) });
const comparedSchema = z.object({
  versions: z.array(z.object({ logged: z.record(z.string(), z.object({ value: z.number() })) })),
});

/** Stretches of event time that are compared with those of the training, and for how long they are waited for. */
const [stretchMs, graceMs] = [60_000, 300_000];
/** Traces of a second of event time while they drift: so two stretches pass within a minute. */
const faster = 4;

/** Who is asked for trainings: an Airflow where there is time to start one (`npm run accept:learning`), else what its documentation says. */
const hasAirflow = process.env.PLUMBLINE_ALONE === '1';
const runSchema = z.object({ conf: z.object({ reason: z.string(), event: z.string() }) });

describe('Models that learn, and the loop that keeps them honest', () => {
  const random = new Random();
  let backbone: Backbone;
  let tempo: LocalTempoPeer;
  let mlflow: MlflowPeer;
  let airflow: RenderedAirflow | undefined;
  let standIn: AirflowStandIn;
  let load: Load;
  /** Since when payment is slow and time runs faster, by the clock. */
  let driftsSinceMs: number | undefined;
  let jumpedMs = 0;
  const aheadMs = () => jumpedMs + (driftsSinceMs === undefined ? 0 : (faster - 1) * (Date.now() - driftsSinceMs));
  let workers: readonly WorkerProcess[] = [];
  let environment: Environment;
  const toTempo: Promise<unknown>[] = [];

  beforeAll(async () => {
    console.info(`PLUMBLINE_SEED=${random.seed}`);
    [backbone, tempo, mlflow, standIn, airflow] = await Promise.all([
      startBackbone(partitions),
      startLocalTempo(),
      startMlflow({ login: true }),
      startAirflowStandIn(() => 200),
      hasAirflow ? startRenderedAirflow() : undefined,
    ]);
    const asked = airflow?.connection ?? { url: standIn.url, username: 'training', password: 'a-password' };
    environment = {
      ...backbone.environment,
      LOG_LEVEL: 'warn',
      ...impatient,
      // One profile: there is no root cause here that later ones would wait for.
      LEARN_INTERVAL_SECONDS: '86400',
      MODEL_POLL_SECONDS: '1',
      MLFLOW_TRACKING_URI: mlflow.url,
      MLFLOW_TRACKING_USERNAME: mlflow.admin.user,
      MLFLOW_TRACKING_PASSWORD: mlflow.admin.password,
      MODEL_SHADOW_SHARE: '1',
      DRIFT_STRETCH_SECONDS: String(stretchMs / 1000),
      DRIFT_MIN_TRACES: '100',
      AIRFLOW_URL: asked.url,
      AIRFLOW_USERNAME: asked.username,
      AIRFLOW_PASSWORD: asked.password,
    };
    const names: readonly WorkerName[] = ['preprocessing', 'anomaly-detection', 'training'];
    workers = await Promise.all(names.map((name) => WorkerProcess.start(name, environment)));
    const makeTrace = (startMs: number): SentTrace => {
      const trace = orderTrace(random, { startMs, slowPaymentMs: driftsSinceMs === undefined ? 0 : 40 });
      if (driftsSinceMs !== undefined) return trace;
      toTempo.push(
        fetch(`${tempo.otlpHttp}/v1/traces`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-protobuf' },
          body: encodeRequest(trace),
        }),
      );
      return trace;
    };
    load = new Load({ stream: backbone.stream, partitions, random, tracesPerSecond: 25, makeTrace, aheadMs });
    load.start();
  });
  afterAll(async () => {
    await load.stop();
    await Promise.allSettled(toTempo);
    await stopAll(workers);
    standIn.stop();
    await Promise.all([backbone.stop(), tempo.stop(), mlflow.stop(), airflow?.stop()]);
  });

  /** Runs the command as a person or a pod does; what it prints on standard output. */
  async function run(...args: readonly string[]): Promise<unknown> {
    const { stdout } = await runProgram(process.execPath, [await plumbline(), ...args, '--json'], {
      env: environment,
      timeoutMs: 240_000,
    });
    return JSON.parse(stdout);
  }
  const step = (name: string, runName: string, ...more: readonly string[]) =>
    run('train', '--tempo', tempo.queryUrl, '--days', '0.02', '--run', runName, '--step', name, ...more);
  /** Trains with what was extracted before. */
  async function version(runName: string, seed: number): Promise<string> {
    for (const name of ['train', 'evaluate']) await step(name, runName, '--seed', String(seed), '--epochs', '3');
    return registeredSchema.parse(await step('register', runName)).register.version;
  }
  const detection = (): WorkerProcess => {
    const [, found] = workers;
    if (found === undefined) throw new Error('there is no detection');
    return found;
  };
  const training = (): WorkerProcess => {
    const found = workers.at(-1);
    if (found === undefined) throw new Error('there is no training');
    return found;
  };
  const model = async () => modelSchema.parse(await (await fetch(`${detection().operationsUrl}/model`)).json()).learned;
  /** Runs that Airflow was asked for. */
  async function asked(): Promise<readonly z.infer<typeof runSchema>[]> {
    if (airflow === undefined) {
      return standIn.asked.filter(({ path }) => path.endsWith('/dagRuns')).map(({ body }) => runSchema.parse(body));
    }
    const runs = await airflow.asAdmin('/api/v2/dags/anomaly_detection_training/dagRuns');
    const { dag_runs: all } = z.object({ dag_runs: z.array(z.looseObject({ dag_run_id: z.string() })) }).parse(runs);
    // Others are those of its schedule.
    return all.filter(({ dag_run_id: id }) => !id.startsWith('scheduled')).map((run) => runSchema.parse(run));
  }
  const judgedBy = (of: string) => detection().metric('plumbline_learned_traces_total', of);
  const serves = (role: string, wanted: string) =>
    eventually(
      `${wanted} as ${role}`,
      async () => {
        const { versions } = await model();
        const now = versions.filter((each) => each.role === role).at(-1);
        return now?.version === wanted && now.isLoaded === true ? true : undefined;
      },
      { timeoutMs: 60_000 },
    );

  it('go from recorded traffic to a version that judges, are compared, refused, rolled back, and hear what people say', async () => {
    await eventually('the first profile', () => objectBytes(backbone.objects, buckets.mlModels, currentProfileKey));
    await eventually('traces enough', () => (load.sent.size > 1_200 ? true : undefined), { timeoutMs: 120_000 });

    // From Tempo to a registered version, by the steps of the DAG.
    await step('extract', 'week', '--traces', '1000');
    await step('features', 'week');
    const first = await version('week', 1);
    expect((await model()).versions).toEqual([]);
    await run('models', 'approve', first, '--despite', 'the first one');
    await serves('champion', first);
    await eventually('traces that it judges', async () =>
      (await judgedBy('role="champion"')) > 50 ? true : undefined,
    );

    // Another version beside it, for half of the traces; both are compared, and the registry knows.
    const second = await version('week', 2);
    await run('models', 'approve', second, '--as', 'challenger', '--share', '0.5', '--despite', 'to be compared');
    await serves('challenger', second);
    await eventually('traces that the challenger judges', async () =>
      (await judgedBy('role="challenger"')) > 50 ? true : undefined,
    );
    expect(await detection().metric('plumbline_learned_agreement_total')).toBeGreaterThan(0);
    await eventually(
      'the comparison in MLflow',
      async () => {
        const { versions } = comparedSchema.parse(await run('models', 'compare'));
        return versions.every(({ logged }) => (logged['serving.traces']?.value ?? 0) > 0) ? true : undefined;
      },
      { timeoutMs: 150_000, everyMs: 5_000 },
    );

    // A version with a file that is not what it was: told of, and the others go on.
    const third = await version('week', 3);
    const key = `trace-anomaly/version_${third}/forest.bin`;
    const at = { Bucket: buckets.mlModels, Key: key };
    const forest = await (await backbone.objects.send(new GetObjectCommand(at))).Body?.transformToByteArray();
    const broken = Buffer.from(forest ?? []);
    broken[broken.length >> 1] = (broken[broken.length >> 1] ?? 0) ^ 1;
    await backbone.objects.send(new PutObjectCommand({ ...at, Body: broken }));
    await run('models', 'approve', third, '--despite', 'to be refused');
    const refused = await eventually('the refusal', async () => (await model()).refused[third]);
    expect(refused.reason).toContain('SHA-256');
    await serves('challenger', second);

    // Back to the first one, which stays.
    await run('models', 'rollback', '--from', third);
    await serves('champion', first);

    // What is normal changes for good: after two stretches a training is asked for, once.
    expect(await asked()).toEqual([]);
    driftsSinceMs = Date.now();
    await eventually('three stretches of other traces', () => (aheadMs() > 3 * stretchMs ? true : undefined));
    jumpedMs = graceMs;
    const drifted = await eventually(
      'a training that is asked for',
      async () => {
        const runs = await asked();
        if (runs.length > 0) return runs;
        const [events, answers] = await Promise.all([
          detection().metric('plumbline_model_drift_events_total'),
          training().sampled('plumbline_training_asked_total'),
        ]);
        throw new Error(`${events} drifts were found, and training had as answers: ${answers.join(', ')}`);
      },
      { timeoutMs: 240_000, everyMs: 1_000 },
    );
    expect(drifted).toHaveLength(1);
    expect(drifted[0]?.conf.reason).toBe('drift');
    expect(drifted[0]?.conf.event).toContain(first);

    // Nothing was lost or judged twice while versions came and went.
    await load.stop();
    await eventually('every trace, once', async () => {
      const results = ['normal', 'anomalous', 'abstained'].map((result) =>
        detection().metric('plumbline_detection_traces_total', `result="${result}"`),
      );
      const judged = (await Promise.all(results)).reduce((sum, each) => sum + each, 0);
      return judged === load.sent.size ? true : undefined;
    });
    expect(await detection().metric('plumbline_detection_traces_total', 'result="repeated"')).toBe(0);

    // What people say changes what the next training takes for normal.
    const incident = exampleIncident();
    const timestampMs = Date.now();
    const say = (topic: string, of: string, value: Uint8Array) =>
      backbone.stream.produce([{ topic, key: of, value, timestampMs }]);
    await say(topics.incidents.name, incident.id, Buffer.from(JSON.stringify(incident)));
    const before = extractedSchema.parse(await step('extract', 'next', '--traces', '200')).extract;
    expect(before.excluded).toHaveLength(1);
    const answer = exampleFeedback({ incident: incident.id, tenant: incident.tenant, answer: 'not-an-incident' });
    await say(topics.feedback.name, feedbackKey(answer), encodeFeedback(answer));
    const after = extractedSchema.parse(await step('extract', 'after', '--traces', '200')).extract;
    expect(after.excluded).toEqual([]);
  }, 1_500_000);
});
