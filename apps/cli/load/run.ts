import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../output/progress';
import { VerifyError } from '../verify/check';
import { LoadGenerator, maxRequests } from './generator';
import { IncidentWatch } from './incident-watch';
import { percentiles, type Percentiles } from './percentiles';
import { OtlpSender } from './sender';
import type { Target } from './target';
import { fault, loadNamespace, Traffic } from './traffic';
import { processStatus, Watch } from './witness';

export interface LoadOptions {
  readonly spansPerSecond: number;
  readonly seconds: number;
  /** How long traces, and an incident, may take. */
  readonly patienceMs: number;
  /** Makes a service slow, and waits for the incident. */
  readonly fault: boolean;
  /** How long it is learnt from before the fault. @default - until a process says that it has learnt, ten minutes on a cluster */
  readonly learnSeconds?: number;
  readonly signal: AbortSignal;
  readonly progress: Pick<Progress, 'busy' | 'done' | 'note' | 'alarm'>;
}

/** What came of it; `--json` prints it. */
export interface LoadResult {
  readonly target: string;
  readonly askedSpansPerSecond: number;
  readonly spansPerSecond: number;
  readonly seconds: number;
  readonly sentSpans: number;
  readonly acceptedSpans: number;
  readonly refusedSpans: number;
  readonly retries: number;
  /** Why spans were refused, as it was said first. */
  readonly reason?: string;
  /** Of the traces that were looked for: how many, how many never came, and how long the others took, milliseconds. */
  readonly ingestToQuery?: {
    readonly by: string;
    readonly saw: string;
    readonly asked: number;
    readonly lost: number;
    readonly tookMs?: Percentiles;
  };
  /** Why it could not be told when traces can be asked for. */
  readonly untold?: string;
  readonly incident?: {
    readonly expected: string;
    readonly named?: string;
    /** From the first trace with the fault, milliseconds; absent where there was none in time. */
    readonly tookMs?: number;
  };
}

const clusterLearnSeconds = 600;
const longestLearnMs = 1_200_000;
/** Normal traffic after a process has learnt, so that some of it is judged. */
const calmMs = 6_000;

/**
 * Sends traces and finds out what became of them.
 *
 * @throws the reason of the signal, when that is aborted
 * @throws {VerifyError} if incidents are asked for and cannot be told
 */
export async function testLoad(target: Target, options: LoadOptions): Promise<LoadResult> {
  const { spansPerSecond, signal, progress, patienceMs } = options;
  const traffic = new Traffic();
  const sender = new OtlpSender(target.otlp);
  const durationMs = options.seconds * 1000;
  const expectedTraces = (spansPerSecond * options.seconds) / traffic.spansPerTrace;
  const ending = new AbortController();
  const stopped = AbortSignal.any([signal, ending.signal]);
  // Every request on its way listens, and each wait.
  setMaxListeners(4 * maxRequests, stopped);
  const watch = target.witness && new Watch(target.witness, expectedTraces, stopped);
  const generator = new LoadGenerator(traffic, sender, {
    spansPerSecond,
    signal: stopped,
    onTaken: ({ traceId, spans }, ordinal) => watch?.add({ traceId, spans, ordinal, takenAt: performance.now() }),
  });
  const startedAt = performance.now();
  let sendingMs = 0;
  const ticking = setInterval(() => progress.busy(statusLine(generator, watch, startedAt)), 500);
  try {
    if (options.fault) await learn(target, options, generator);
    const incident = options.fault ? await breakAndWait(target, options, generator) : undefined;
    if (!options.fault) await generator.run(durationMs);
    sendingMs = performance.now() - startedAt;
    progress.done(`${generator.counts.sentSpans} spans sent in ${(sendingMs / 1000).toFixed(1)} s`);
    const query = await queried(target, watch, patienceMs);
    const { sentSpans, acceptedSpans, refusedSpans, retries } = generator.counts;
    return {
      target: target.name,
      askedSpansPerSecond: spansPerSecond,
      spansPerSecond: Math.round((sentSpans / sendingMs) * 1000),
      seconds: Math.round(sendingMs / 100) / 10,
      ...{ sentSpans, acceptedSpans, refusedSpans, retries },
      ...(generator.reason !== undefined && { reason: generator.reason }),
      ...query,
      ...(incident !== undefined && { incident }),
    };
  } finally {
    clearInterval(ticking);
    ending.abort();
    sender.close();
  }
}

async function queried(
  { witness }: Target,
  watch: Watch | undefined,
  patienceMs: number,
): Promise<Pick<LoadResult, 'ingestToQuery' | 'untold'>> {
  if (witness === undefined || watch === undefined) {
    return { untold: 'it is not known where traces can be asked for; give --tempo, or --console of a process' };
  }
  try {
    const { asked, tookMs } = await watch.end(patienceMs);
    const took = percentiles(tookMs);
    const { name: by, saw } = witness;
    return { ingestToQuery: { by, saw, asked, lost: asked - tookMs.length, ...(took && { tookMs: took }) } };
  } catch (error) {
    if (error instanceof VerifyError) return { untold: `${error.message}; ${error.todo}` };
    throw error;
  }
}

/** Sends normal traffic until it has been learnt. */
async function learn(target: Target, { learnSeconds, signal, progress }: LoadOptions, generator: LoadGenerator) {
  if (learnSeconds !== undefined || !target.isProcess) {
    await generator.run((learnSeconds ?? clusterLearnSeconds) * 1000);
    return;
  }
  const ending = new AbortController();
  let hasLearnt = false;
  const asking = (async () => {
    while (!hasLearnt && !ending.signal.aborted) {
      await sleep(1000, undefined, { signal: ending.signal }).catch(() => undefined);
      const status = await processStatus(target.page ?? '').catch(() => undefined);
      hasLearnt = status !== undefined && status.operationsSeen > 0 && status.operationsLearnt >= status.operationsSeen;
    }
  })();
  await generator.run(longestLearnMs, () => hasLearnt || signal.aborted).finally(() => ending.abort());
  await asking;
  progress.done('normal traffic is learnt');
  await generator.run(calmMs);
}

async function breakAndWait(
  { page }: Target,
  { patienceMs, progress }: LoadOptions,
  generator: LoadGenerator,
): Promise<NonNullable<LoadResult['incident']>> {
  if (page === undefined)
    throw new VerifyError('it is not known where incidents are shown', 'give the page by --console');
  const incidents = await IncidentWatch.start(page);
  const expected = `${loadNamespace}/${fault.service}`;
  progress.alarm(`${expected} now takes ${fault.delayMs} ms longer`);
  generator.isFaulty = true;
  const from = performance.now();
  await generator.run(patienceMs, () => incidents.seen !== undefined);
  const seen = await incidents.end();
  return {
    expected,
    ...(seen?.named !== undefined && { named: seen.named }),
    ...(seen !== undefined && { tookMs: seen.at - from }),
  };
}

function statusLine({ counts }: LoadGenerator, watch: Watch | undefined, startedAt: number): string {
  const seconds = (performance.now() - startedAt) / 1000;
  const found = watch === undefined ? '' : `, ${watch.found.seen} of ${watch.found.asked} traces found again`;
  const refused = counts.refusedSpans === 0 ? '' : `, ${counts.refusedSpans} refused`;
  return `${counts.acceptedSpans} spans taken, ${Math.round(counts.sentSpans / seconds)}/s${refused}${found}`;
}
