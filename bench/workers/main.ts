import { topics } from '@plumbline/contracts';
import { Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { mebibytes, runMain, wholeNumber } from '../arguments';
import { startBackbone, type Backbone } from '../../apps/end-to-end/backbone';
import { WorkerProcess } from '../../apps/end-to-end/workers';
import { memoryLimitBytes } from '../memory/limit';
import { seededRandom } from '../quality/random';
import { CagedWorker } from './caged-worker';
import { Traffic, type Request } from './traffic';

/*
 * Preprocessing and detection as processes, at full speed on traffic as it is, under the memory limits that `dist/` gives them: they
 * see the limit as in a container, and are killed beyond it. `npm run bench:workers -- --help`
 */

interface Options {
  readonly minutes: number;
  readonly partitions: number;
}

/** Spans that wait to be read at most: more of them change nothing but the size of the broker's disk. */
const mostWaiting = 600_000;
const refreshMs = 60_000;
const giantEveryMs = 20_000;

async function main(): Promise<void> {
  const options = new Command('bench:workers')
    .description('peak memory of preprocessing and detection at full speed, under the limits of their pods')
    .option('--minutes <n>', 'how long', wholeNumber, 10)
    .option('--partitions <n>', 'partitions of traces', wholeNumber, 12)
    .parse()
    .opts<Options>();
  const backbone = await startBackbone(options.partitions);
  const caged: CagedWorker[] = [];
  // Without a profile detection judges nothing.
  const training = await WorkerProcess.start('training', {
    ...backbone.environment,
    LEARN_MIN_WINDOWS: '6',
    LEARN_ACTIVATION_SECONDS: '10',
    LOG_LEVEL: 'warn',
  });
  try {
    for (const name of ['preprocessing', 'anomaly-detection'] as const) {
      caged.push(
        await CagedWorker.start(name, memoryLimitBytes(name), { ...backbone.environment, LOG_LEVEL: 'error' }),
      );
    }
    const [preprocessing, detection] = caged;
    if (preprocessing === undefined || detection === undefined) throw new RangeError('two workers');
    const sent = await drive(backbone, options, preprocessing, detection);
    await report(sent, preprocessing, detection);
  } finally {
    await Promise.all([training, ...caged].map((worker) => worker.stop()));
    await backbone.stop();
  }
}

async function drive(
  { stream }: Backbone,
  { minutes, partitions }: Options,
  preprocessing: CagedWorker,
  detection: CagedWorker,
): Promise<number> {
  const traffic = new Traffic(partitions, seededRandom(1));
  const started = Date.now();
  let [sent, refreshedMs, giantMs, toldMs, giants] = [0, -Infinity, started, started, 0];
  const produce = async (requests: Iterable<Request>): Promise<void> => {
    const records = [];
    for (const { partition, value, spans } of requests) {
      records.push({ topic: topics.traces.name, partition, key: null, value });
      sent += spans;
    }
    await stream.produce(records);
  };
  while (Date.now() - started < minutes * 60_000) {
    const nowMs = Date.now();
    if (nowMs - refreshedMs >= refreshMs) {
      traffic.refresh(nowMs);
      refreshedMs = nowMs;
    }
    await produce(traffic.next());
    if (nowMs - giantMs >= giantEveryMs) {
      giantMs = nowMs;
      giants += 1;
      // In turn: many spans, and few with 5 MiB of texts.
      await produce(giants % 2 === 0 ? traffic.giant(100_000, 0, nowMs) : traffic.giant(1300, 4000, nowMs));
    }
    do {
      for (const worker of [preprocessing, detection]) await worker.look();
      await sleep(100);
    } while (sent - (await spansRead(preprocessing)) > mostWaiting);
    if (nowMs - toldMs >= 30_000) {
      toldMs = nowMs;
      console.log(
        `${seconds(started)} s: ${sent} spans sent, ${await spansRead(preprocessing)} read, ` +
          `${await detection.process.metric('plumbline_detection_spans_total')} judged; ` +
          `${mebibytes(preprocessing.peakBytes)} and ${mebibytes(detection.peakBytes)} MiB`,
      );
    }
  }
  return sent;
}

async function report(sent: number, preprocessing: CagedWorker, detection: CagedWorker): Promise<void> {
  const count = (worker: CagedWorker, name: string, label?: string): Promise<string> =>
    worker.process.metric(`plumbline_${name}`, label).then((value) => Math.round(value).toLocaleString('en'));
  console.log(`${sent.toLocaleString('en')} spans sent`);
  for (const worker of [preprocessing, detection]) {
    const { name, peakBytes, limitBytes } = worker;
    console.log(`${name}: at most ${mebibytes(peakBytes)} MiB of ${mebibytes(limitBytes)} MiB`);
    if (peakBytes > limitBytes) process.exitCode = 1;
  }
  console.log(
    `preprocessing: ${await count(preprocessing, 'preprocessing_spans_total')} spans, ` +
      `${await count(preprocessing, 'preprocessing_evicted_traces_total')} traces given early, ` +
      `${await count(preprocessing, 'preprocessing_truncated_spans_total')} spans beyond the limit of their trace, ` +
      `${await count(preprocessing, 'preprocessing_trimmed_traces_total')} traces that lost texts, ` +
      `${await count(preprocessing, 'preprocessing_late_spans_total')} late spans`,
  );
  console.log(
    `anomaly-detection: ${await count(detection, 'detection_spans_total')} spans, ` +
      `${await count(detection, 'detection_traces_total', 'result="anomalous"')} anomalous traces, ` +
      `${await count(detection, 'detection_remembered_emissions')} emissions remembered, ` +
      `${await count(detection, 'detection_forgotten_early_total')} forgotten early`,
  );
}

function spansRead(preprocessing: CagedWorker): Promise<number> {
  return preprocessing.process.metric('plumbline_preprocessing_spans_total').catch(() => 0);
}

function seconds(startedMs: number): number {
  return Math.round((Date.now() - startedMs) / 1000);
}

runMain('bench:workers', main);
