import { DemoError, drawFault, faults, startShop, type FaultChoice, type Shop } from '@plumbline/demo';
import { startStandalone, type Standalone } from '@plumbline/standalone';
import { serviceLabel, serviceName, type Incident } from '@plumbline/wire';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DemoOptions } from '../commands/demo';
import { formatIncident } from '../output/incident';
import { Progress } from '../output/progress';

/** Time after the injection within which the pipeline must have opened an incident, milliseconds. */
const patienceMs = 75_000;

/** Traffic seen under the first profile before something is broken, milliseconds. */
const calmMs = 6_000;

/** What a run came to; the last line of `--json`. */
export interface DemoResult {
  readonly outcome: 'right' | 'wrong' | 'nothing-found' | 'false-alarm' | 'quiet';
  readonly fault?: string;
  readonly expected?: string;
  readonly named?: string;
  readonly seed: number;
  /** Seconds from the start of the command. */
  readonly upAfter: number;
  readonly learntAfter: number;
  readonly injectedAfter?: number;
  readonly namedAfter?: number;
  readonly confidence?: number;
  readonly ranking?: readonly string[];
  readonly incident?: Incident;
  readonly object?: string;
  readonly requests: number;
}

/** Prints each fault with the services it can hit. */
export function listFaults(): number {
  for (const fault of faults) {
    console.log(`${fault.name}\n  the service ${fault.summary}`);
    console.log(`  can hit: ${fault.services.join(', ')}`);
    console.log('  expected culprit: the service that was hit\n');
  }
  return 0;
}

/** Plays the demo to its end; returns the exit code. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const seed = options.seed ?? Math.floor(Math.random() * 1e9);
  const choice = chooseFault(options, seed);
  if (typeof choice === 'string') {
    console.error(choice);
    return 2;
  }
  const dataDir = options.data ?? mkdtempSync(join(tmpdir(), 'plumbline-demo-'));
  const progress = new Progress();
  const running: { shop?: Shop; pipeline?: Standalone } = {};
  const stopAll = async () => {
    await running.shop?.stop();
    await running.pipeline?.stop();
    if (options.data === undefined) rmSync(dataDir, { recursive: true, force: true });
  };
  const interrupted = new Promise<'interrupted'>((resolve) => {
    process.once('SIGINT', () => resolve('interrupted'));
    process.once('SIGTERM', () => resolve('interrupted'));
  });
  try {
    const result = await Promise.race([interrupted, play(options, choice, seed, dataDir, progress, running)]);
    if (result === 'interrupted') return 130;
    if (options.json === true) console.log(JSON.stringify(result));
    if (options.keepRunning === true) {
      progress.note('Running on. Stop with Ctrl-C.');
      await interrupted;
    }
    return result.outcome === 'right' || result.outcome === 'quiet' ? 0 : 1;
  } finally {
    await stopAll();
  }
}

/** The fault asked for, or drawn; a text says what is wrong with what was asked for. */
function chooseFault({ fault, service }: DemoOptions, seed: number): FaultChoice | string {
  try {
    return drawFault(seed, {
      ...(fault === undefined ? {} : { fault }),
      ...(service === undefined ? {} : { service }),
    });
  } catch (error) {
    if (error instanceof DemoError) return error.message;
    throw error;
  }
}

async function play(
  options: DemoOptions,
  choice: FaultChoice,
  seed: number,
  dataDir: string,
  progress: Progress,
  running: { shop?: Shop; pipeline?: Standalone },
): Promise<DemoResult> {
  const started = Date.now();
  const seconds = () => (Date.now() - started) / 1000;
  progress.heading('Plumbline demo');

  const pipeline = await startStandalone({
    dataDir,
    preset: 'laptop',
    ports: { otlpGrpc: 0, otlpHttp: 0, console: options.consolePort ?? 0 },
  });
  running.pipeline = pipeline;
  progress.done(`pipeline up, page at ${pipeline.consoleUrl}`);

  progress.busy('starting the shop');
  const shop = await startShop({
    otlpEndpoint: pipeline.otlpHttpUrl,
    seed,
    logDirectory: join(dataDir, 'shop'),
    onProgress: (event) => {
      if (event.kind === 'crashed') progress.alarm(event.error.message);
      else if (event.kind !== 'load-started') progress.busy(`starting the shop: ${event.service}, ${event.kind}`);
    },
  });
  running.shop = shop;
  progress.done(`shop up, ${shop.services.length} services`);
  const upAfter = seconds();

  const learnt = await warmUp(pipeline, shop, progress);
  const learntAfter = seconds();
  const base = { seed, upAfter, learntAfter };
  if (learnt !== undefined) return falseAlarm(learnt, base, shop, progress);

  if (options.faultless !== undefined) {
    return watchQuiet(pipeline, shop, options.faultless, base, progress);
  }

  const { fault, service } = choice;
  const { description } = await shop.inject(fault, service, seed);
  const injectedAt = Date.now();
  const injectedAfter = seconds();
  progress.alarm(`${service}: ${description}`);
  progress.note('Plumbline is not told');

  const incident = await waitForIncident(pipeline, progress, patienceMs);
  const context = { ...base, fault, expected: service, injectedAfter, requests: shop.stats().sent };
  if (incident === undefined) {
    progress.alarm(`no incident within ${patienceMs / 1000} s`);
    return { ...context, outcome: 'nothing-found' };
  }
  return report(
    incident,
    { ...context, namedAfter: seconds() },
    (Date.now() - injectedAt) / 1000,
    pipeline,
    options,
    progress,
  );
}

async function warmUp(pipeline: Standalone, shop: Shop, progress: Progress): Promise<Incident | undefined> {
  let calmSince: number | undefined;
  for (;;) {
    const { operationsLearnt, operationsSeen, judged } = pipeline.status();
    const { ratePerSecond } = shop.stats();
    progress.busy(
      `learning: ${operationsLearnt} of ${operationsSeen} operations, ${ratePerSecond.toFixed(0)} requests/s`,
    );
    const alarm = pipeline.incidents()[0];
    if (alarm !== undefined) return alarm;
    if (judged > 0) calmSince ??= Date.now();
    if (calmSince !== undefined && Date.now() - calmSince >= calmMs) {
      progress.done(`${operationsLearnt} operations learnt, ${ratePerSecond.toFixed(0)} requests/s, all normal`);
      return undefined;
    }
    await sleep(200);
  }
}

async function waitForIncident(
  pipeline: Standalone,
  progress: Progress,
  limitMs: number,
): Promise<Incident | undefined> {
  const since = Date.now();
  while (Date.now() - since < limitMs) {
    const incident = pipeline.incidents()[0];
    if (incident !== undefined) return incident;
    progress.busy(`watching, ${Math.round((Date.now() - since) / 1000)} s`);
    await sleep(200);
  }
  return undefined;
}

type Base = Pick<DemoResult, 'seed' | 'upAfter' | 'learntAfter'>;

function falseAlarm(incident: Incident, base: Base, shop: Shop, progress: Progress): DemoResult {
  progress.alarm('an incident opened although nothing was broken');
  console.error(formatIncident(incident));
  return { ...base, outcome: 'false-alarm', incident, requests: shop.stats().sent };
}

async function watchQuiet(
  pipeline: Standalone,
  shop: Shop,
  minutes: number,
  base: Base,
  progress: Progress,
): Promise<DemoResult> {
  const incident = await waitForIncident(pipeline, progress, minutes * 60_000);
  if (incident !== undefined) return falseAlarm(incident, base, shop, progress);
  progress.done(`${minutes} minutes, ${shop.stats().sent} requests, no incident`);
  return { ...base, outcome: 'quiet', requests: shop.stats().sent };
}

async function report(
  incident: Incident,
  context: Omit<DemoResult, 'outcome'> & { readonly expected: string },
  afterSeconds: number,
  pipeline: Standalone,
  options: DemoOptions,
  progress: Progress,
): Promise<DemoResult> {
  const ranking = incident.causes.map(({ service }) => serviceName(service));
  const right = ranking[0] === context.expected;
  const object = await storedTrace(incident, pipeline);
  const print = options.json === true ? console.error : console.log;
  print(`\n${formatIncident(incident, afterSeconds)}\n`);
  print(
    `Open   ${pipeline.consoleUrl}/incidents/${incident.id}${options.keepRunning === true ? '' : ' (with --keep-running)'}`,
  );
  if (object !== undefined) print(`Trace  ${object}`);
  print(
    right
      ? `Right: ${context.expected} is what was broken.`
      : `Wrong: ${context.expected} was broken, ${incident.causes[0] === undefined ? 'nothing' : serviceLabel(incident.causes[0].service)} was named.`,
  );
  progress.done(right ? 'the broken service was named' : 'the broken service was not named first');
  return {
    ...context,
    outcome: right ? 'right' : 'wrong',
    ranking,
    incident,
    ...(ranking[0] === undefined ? {} : { named: ranking[0] }),
    ...(incident.causes[0] === undefined ? {} : { confidence: incident.causes[0].confidence }),
    ...(object === undefined ? {} : { object }),
  };
}

/** Path of a stored trace of the incident, once it is there. */
async function storedTrace(incident: Incident, pipeline: Standalone): Promise<string | undefined> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    for (const { object } of incident.traces) {
      const path = object === undefined ? undefined : pipeline.objectPath(object.bucket, object.key);
      if (path !== undefined && existsSync(path)) return path;
    }
    await sleep(100);
  }
  return undefined;
}
