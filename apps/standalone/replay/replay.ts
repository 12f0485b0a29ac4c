import { topics } from '@plumbline/contracts';
import { decodeIncident, headers, schemas, type Incident } from '@plumbline/wire';
import {
  EmbeddedLog,
  ManualClock,
  runToIdle,
  stepStage,
  tickToIdle,
  type OutgoingRecord,
  type SteppedStage,
  type StreamRecord,
} from '@plumbline/worker';
import { pino } from 'pino';
import type { Settings } from '../preset';
import { toRecords } from '../receiver-sink';
import { createStages } from '../stages';
import { openStores } from '../stores';
import { embeddedTopics } from '../topics';
import { learningOf, type Learning } from './learning';
import { readRecordings, type PlacedRequest } from './recordings';

/** Header that says which request of the recording a record of `traces` is from; where to go on after an interruption. */
const requestHeader = 'plumbline-replay-request';

/** How long the clock goes on after the last request, so that every open trace and window closes, milliseconds. */
const afterglowMs = 120_000;

/** Consumer group that {@link ReplayOptions.onIncident} listens with. */
const watchGroup = 'replay-group';

export interface ReplayOptions {
  /** Settings of the workers, on top of their defaults. */
  readonly settings?: Settings;
  /** @default 1 */
  readonly partitions?: number;
  /** Keeps topics and objects here, and goes on from what is there; in memory and a temporary folder otherwise. */
  readonly dataDir?: string;
  /**
   * Event time that goes by between two rounds of the stages, milliseconds. What is found follows from event time, also with fewer rounds,
   * as long as they are not further apart than windows; and a recording with few requests a second is through sooner.
   *
   * @default 1000
   */
  readonly stepMs?: number;
  /** Told now and then how far it is. */
  readonly onProgress?: (progress: ReplayProgress) => void;
  /** Told of every revision of an incident when it is published. */
  readonly onIncident?: (incident: Incident) => void;
  /** Ends the replay as a crash would: nothing more is written or committed. */
  readonly signal?: AbortSignal;
}

export interface ReplayProgress {
  readonly requests: number;
  readonly spans: number;
  /** Milliseconds since the epoch. */
  readonly eventTimeMs: number;
  readonly incidents: number;
}

export interface ReplayResult extends ReplayProgress {
  /** Newest revision of each, by start. */
  readonly found: readonly Incident[];
  /** Whether the recording was long enough to be judged by what was learnt from it. */
  readonly learning: Learning;
  readonly interrupted: boolean;
}

/**
 * Feeds a recording through the same stages as `standalone`, in steps of event time, as fast as they go. Record time is the latest
 * end time seen so far, so that nothing depends on when it is run.
 *
 * @param recording files or folders of files, see {@link readRecordings}
 * @throws {RecordingError} when the recording cannot be read
 */
export async function replay(
  recording: string | readonly string[],
  options: ReplayOptions = {},
): Promise<ReplayResult> {
  const paths = typeof recording === 'string' ? [recording] : recording;
  return replayRequests((partitions) => readRecordings(paths, partitions), options);
}

/** The same for requests from elsewhere; asked for once, for so many partitions. */
export async function replayRequests(
  read: (partitions: number) => AsyncIterable<PlacedRequest> | Iterable<PlacedRequest>,
  options: ReplayOptions = {},
): Promise<ReplayResult> {
  const partitions = options.partitions ?? 1;
  const clock = new ManualClock();
  const log = await EmbeddedLog.open({
    topics: embeddedTopics(partitions),
    clock,
    ...(options.dataDir === undefined ? {} : { directory: `${options.dataDir}/log` }),
  });
  const stores = await openStores(options.dataDir);
  try {
    const settings = { ...options.settings, BUNDLE_POLL_SECONDS: '0.5' };
    let effectiveFromMs = Infinity;
    const { stages } = createStages({
      stream: log,
      stores,
      settings,
      clock,
      log: pino({ level: options.settings?.LOG_LEVEL ?? 'error' }, pino.destination(2)),
      onBundle: (fromMs) => {
        effectiveFromMs = Math.min(effectiveFromMs, fromMs);
      },
    });
    const stepped = stages.map((stage) => stepStage(stage, log, { clock }));
    const listening = [...stepped, ...watchers(log, options)];
    const feed = new Feed(log, clock, listening, options.stepMs ?? 1000, await firstRequest(log));
    let interrupted = false;
    for await (const request of read(partitions)) {
      interrupted = options.signal?.aborted === true;
      if (interrupted) break;
      if (await feed.add(request)) options.onProgress?.({ ...feed.progress, incidents: 0 });
    }
    if (!interrupted) await feed.finish();
    const found = await newestIncidents(log);
    const learning = await learningOf(log, settings, { effectiveFromMs, endMs: feed.progress.eventTimeMs });
    return { ...feed.progress, incidents: found.length, found, learning, interrupted };
  } finally {
    await log.close();
    await stores.close();
  }
}

/** Appends requests step by step and lets the stages catch up after each step. */
class Feed {
  private recordTimeMs = 0;
  private stepEndMs = 0;
  private waiting: OutgoingRecord[] = [];
  private requests = 0;
  private spans = 0;

  constructor(
    private readonly log: EmbeddedLog,
    private readonly clock: ManualClock,
    private readonly stages: readonly SteppedStage[],
    private readonly stepMs: number,
    private readonly resumeAt: { readonly request: number; readonly recordTimeMs: number },
  ) {
    this.recordTimeMs = resumeAt.recordTimeMs;
  }

  get progress() {
    return { requests: this.requests, spans: this.spans, eventTimeMs: this.recordTimeMs };
  }

  /** @returns whether a step was completed */
  async add({ index, parts: { messages, spans, latestEndNano } }: PlacedRequest): Promise<boolean> {
    const timeMs = Math.max(this.recordTimeMs, Number(latestEndNano / 1_000_000n));
    this.requests += 1;
    this.spans += spans;
    // The last request before an interruption may be on some partitions only; its spans are recognized where they repeat.
    if (index < this.resumeAt.request) return false;
    const complete = timeMs >= this.stepEndMs;
    if (complete) {
      await this.step();
      this.stepEndMs = (Math.floor(timeMs / this.stepMs) + 1) * this.stepMs;
    }
    this.recordTimeMs = timeMs;
    for (const record of toRecords(messages, timeMs)) {
      this.waiting.push({ ...record, headers: { [requestHeader]: String(index) } });
    }
    return complete;
  }

  async finish(): Promise<void> {
    await this.step();
    const end = this.recordTimeMs + afterglowMs;
    for (let now = this.recordTimeMs; now <= end; now += this.stepMs) {
      this.clock.advanceTo(now);
      await tickToIdle(this.stages);
    }
    for (const stage of this.stages) await stage.stop();
  }

  private async step(): Promise<void> {
    this.clock.advanceTo(this.recordTimeMs);
    if (this.waiting.length > 0) await this.log.produce(this.waiting);
    this.waiting = [];
    await runToIdle(this.stages);
    await tickToIdle(this.stages);
  }
}

/** Where an earlier replay into the same folder stopped feeding. */
async function firstRequest(log: EmbeddedLog): Promise<{ request: number; recordTimeMs: number }> {
  const last = { request: 0, recordTimeMs: 0 };
  await log.readAll(topics.traces.name, ({ headers: { [requestHeader]: request }, timestampMs }) => {
    last.request = Math.max(last.request, Number(request ?? 0));
    last.recordTimeMs = Math.max(last.recordTimeMs, timestampMs);
  });
  return last;
}

/** Tells {@link ReplayOptions.onIncident} of each revision in the step in which it was published. */
function watchers(log: EmbeddedLog, { onIncident }: ReplayOptions): SteppedStage[] {
  if (onIncident === undefined) return [];
  const nothing = () => Promise.resolve();
  const consumer = log.attach(watchGroup, [topics.incidents.name], {
    onAssigned: nothing,
    onBatch: ({ records }) => {
      for (const record of records) {
        const incident = incidentOf(record);
        if (incident !== undefined) onIncident(incident);
      }
      return Promise.resolve();
    },
    onTick: nothing,
  });
  return [
    { name: 'watch', step: () => consumer.poll(), tick: () => Promise.resolve(false), stop: () => consumer.stop() },
  ];
}

function incidentOf({ value, headers: head }: StreamRecord): Incident | undefined {
  return value === null || head[headers.schema] !== schemas.incident ? undefined : decodeIncident(value);
}

async function newestIncidents(log: EmbeddedLog): Promise<Incident[]> {
  const newest = new Map<string, Incident>();
  await log.readAll(topics.incidents.name, (record) => {
    const incident = incidentOf(record);
    if (incident === undefined) return;
    const known = newest.get(incident.id);
    if (known === undefined || incident.revision >= known.revision) newest.set(incident.id, incident);
  });
  return [...newest.values()].sort((a, b) => a.startedAtMs - b.startedAtMs || (a.id < b.id ? -1 : 1));
}
