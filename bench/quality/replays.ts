import { fork } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import { QualityError } from './bench-error';
import { judgedIncidentSchema, rankingOf, type Outcome, type Revision } from './judge';

const messageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), eventTimeMs: z.number() }),
  z.object({ kind: z.literal('revision'), atMs: z.number(), incident: judgedIncidentSchema }),
  z.object({
    kind: z.literal('done'),
    incidents: z.array(judgedIncidentSchema),
    spans: z.number(),
    peakRssBytes: z.number(),
  }),
]);
/** What a replaying process tells. */
export type ReplayMessage = z.input<typeof messageSchema>;

/** What came of a replay and what it cost. */
export interface Replayed extends Outcome {
  readonly spans: number;
  readonly seconds: number;
  readonly peakRssBytes: number;
}

export interface ReplayJob {
  readonly recording: string;
  /** Stops there, event time in milliseconds; at the end of the recording otherwise. */
  readonly untilMs?: number;
  /** Told now and then how far it is, event time in milliseconds. */
  readonly onProgress?: (eventTimeMs: number) => void;
}

/**
 * Replays a recording in a process of its own: the pipeline of `standalone` with the settings of a server, in event time.
 *
 * @throws {QualityError} when the process fails
 */
export function replayInChild({ recording, untilMs, onProgress }: ReplayJob): Promise<Replayed> {
  const startedAt = Date.now();
  return new Promise((resolve, reject) => {
    const args = [recording, ...(untilMs === undefined ? [] : [String(untilMs)])];
    const child = fork(join(__dirname, 'replay-child.ts'), args, {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const revisions: Revision[] = [];
    let done: Replayed | undefined;
    const fail = (cause: unknown) => {
      child.kill();
      reject(new QualityError(`replay of ${recording}: ${cause instanceof Error ? cause.message : String(cause)}`));
    };
    child.on('message', (raw) => {
      const { data, error } = messageSchema.safeParse(raw);
      if (data === undefined) fail(error);
      else if (data.kind === 'progress') onProgress?.(data.eventTimeMs);
      else if (data.kind === 'revision') {
        const { incident, atMs } = data;
        revisions.push({ id: incident.id, atMs, first: rankingOf(incident)[0] });
      } else {
        const { incidents, spans, peakRssBytes } = data;
        done = { incidents, revisions, spans, peakRssBytes, seconds: (Date.now() - startedAt) / 1000 };
      }
    });
    child.on('error', fail);
    child.on('close', (code) => {
      if (code === 0 && done !== undefined) resolve(done);
      else fail(`the process ended with ${code ?? 'a signal'}${done === undefined ? ' and said nothing' : ''}`);
    });
  });
}

/** Runs jobs, at most so many at a time; results stand in the order of the jobs. */
export async function inParallel<Job, Result>(
  jobs: readonly Job[],
  run: (job: Job) => Promise<Result>,
  atOnce = 2,
): Promise<Result[]> {
  const results = new Map<number, Result>();
  const queue = jobs.entries();
  const work = async () => {
    for (const [index, job] of queue) results.set(index, await run(job));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return jobs.flatMap((_, index) => {
    const result = results.get(index);
    return result === undefined ? [] : [result];
  });
}
