import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { buckets, currentProfileKey, topics, type WorkerName } from '@plumbline/contracts';
import { runProgram, startLocalTempo, startMlflow, type LocalTempoPeer, type MlflowPeer } from '@plumbline/tools/peers';
import { encodeFeedback, feedbackKey } from '@plumbline/wire';
import { exampleFeedback } from '@plumbline/wire/feedback.testing';
import { exampleIncident } from '@plumbline/wire/incident.testing';
import { z } from 'zod';
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

describe('Models that learn, and the loop that keeps them honest', () => {
  const random = new Random();
  let backbone: Backbone;
  let tempo: LocalTempoPeer;
  let mlflow: MlflowPeer;
  let load: Load;
  let workers: readonly WorkerProcess[] = [];
  let environment: Environment;
  const toTempo: Promise<unknown>[] = [];

  beforeAll(async () => {
    console.info(`PLUMBLINE_SEED=${random.seed}`);
    [backbone, tempo, mlflow] = await Promise.all([
      startBackbone(partitions),
      startLocalTempo(),
      startMlflow({ login: true }),
    ]);
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
    };
    const names: readonly WorkerName[] = ['preprocessing', 'anomaly-detection', 'training'];
    workers = await Promise.all(names.map((name) => WorkerProcess.start(name, environment)));
    const makeTrace = (startMs: number): SentTrace => {
      const trace = orderTrace(random, { startMs });
      toTempo.push(
        fetch(`${tempo.otlpHttp}/v1/traces`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-protobuf' },
          body: encodeRequest(trace),
        }),
      );
      return trace;
    };
    load = new Load({ stream: backbone.stream, partitions, random, tracesPerSecond: 25, makeTrace });
    load.start();
  });
  afterAll(async () => {
    await load.stop();
    await Promise.allSettled(toTempo);
    await stopAll(workers);
    await Promise.all([backbone.stop(), tempo.stop(), mlflow.stop()]);
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
  const model = async () => modelSchema.parse(await (await fetch(`${detection().operationsUrl}/model`)).json()).learned;
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
  }, 900_000);
});
