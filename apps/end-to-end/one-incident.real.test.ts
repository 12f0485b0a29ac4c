import { buckets, currentProfileKey } from '@plumbline/contracts';
import type { Incident } from '@plumbline/wire';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBackbone, type Backbone } from './backbone';
import { eventually } from './eventually';
import { Load } from './load';
import { Random } from './random';
import { impatient } from './settings';
import { objectBytes } from './stored-traces';
import { publishedIncidents } from './topics';
import { orderTrace } from './traces';
import { WorkerProcess, stopAll } from './workers';

const partitions = 2;

describe('When root cause is killed while an incident is open', () => {
  const random = new Random();
  let backbone: Backbone;
  let load: Load;
  let slowPaymentMs = 0;
  let workers: readonly WorkerProcess[] = [];
  let rootCause: WorkerProcess;

  beforeAll(async () => {
    console.info(`PLUMBLINE_SEED=${random.seed}`);
    backbone = await startBackbone(partitions);
    const environment = {
      ...backbone.environment,
      KAFKA_SESSION_TIMEOUT_SECONDS: '6',
      LOG_LEVEL: 'warn',
      ...impatient,
      WATERMARK_LAG_SECONDS: '3',
    };
    const start = (name: Parameters<typeof WorkerProcess.start>[0]) => WorkerProcess.start(name, environment);
    workers = await Promise.all([start('preprocessing'), start('anomaly-detection'), start('training')]);
    rootCause = await start('root-cause');
    load = new Load({
      stream: backbone.stream,
      partitions,
      random,
      tracesPerSecond: 25,
      makeTrace: (startMs) => orderTrace(random, { startMs, slowPaymentMs }),
    });
    load.start();
  });
  afterAll(async () => {
    await load.stop();
    await stopAll([...workers, rootCause]);
    await backbone.stop();
  });

  const newest = (what: string, is: (incident: Incident) => boolean): Promise<Incident> =>
    eventually(what, async () => (await publishedIncidents(backbone.stream)).findLast(is), { everyMs: 1_000 });

  it('goes on with that incident, and neither opens a second nor forgets to resolve it', async () => {
    const [, detection] = workers;
    await eventually('the first bundle', () => objectBytes(backbone.objects, buckets.mlModels, currentProfileKey));
    await eventually('judgements', async () => {
      const normal = (await detection?.metric('plumbline_detection_traces_total', 'result="normal"')) ?? 0;
      return normal > 100 ? normal : undefined;
    });

    slowPaymentMs = 350;
    const opened = await newest('an incident', ({ state }) => state === 'open');
    await rootCause.kill();
    await sleep(random.between(3_000, 8_000));
    const before = (await publishedIncidents(backbone.stream)).length;
    await rootCause.restart();
    await eventually('a newer revision', async () =>
      (await publishedIncidents(backbone.stream)).length > before ? true : undefined,
    );
    slowPaymentMs = 0;
    const resolved = await newest('the end of the incident', ({ state }) => state === 'resolved');
    await rootCause.kill();
    await rootCause.restart();
    const windows = await rootCause.metric('plumbline_root_cause_windows_total');
    await eventually('more windows', async () =>
      (await rootCause.metric('plumbline_root_cause_windows_total')) > windows + 3 ? true : undefined,
    );

    const published = await publishedIncidents(backbone.stream);
    expect([...new Set(published.map(({ id }) => id))]).toEqual([opened.id]);
    expect(resolved).toMatchObject({ id: opened.id, startedAtMs: opened.startedAtMs });
    expect(resolved.causes[0]?.service).toMatch(/payment$/);
    const revisions = published.map(({ revision }) => revision);
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
    expect(published.at(-1)?.state).toBe('resolved');
  });
});
