import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { concurrently } from '../deploy/concurrently';
import { VerifyError } from '../verify/check';
import { ask } from '../verify/http';
import { storedTrace } from '../verify/tempo';

/** A trace that is looked for after it was taken. */
export interface SoughtTrace {
  readonly traceId: string;
  readonly spans: number;
  /** How many traces had been taken, this one among them. */
  readonly ordinal: number;
  /** When it was taken, by `performance.now()`. */
  readonly takenAt: number;
}

/** Tells which traces can be asked for by now. */
export interface Witness {
  /** For messages: `Tempo at http://…`. */
  readonly name: string;
  /** What it is to be seen, for messages. */
  readonly saw: string;
  /**
   * Those of the traces that are there as a whole.
   *
   * @throws {VerifyError} when it cannot be told
   */
  seen(sought: readonly SoughtTrace[]): Promise<readonly SoughtTrace[]>;
}

/** Requests to Tempo at once: it is to be watched, not to be loaded. */
const queriesAtOnce = 6;

/** Asks Tempo for each trace, whole. */
export function tempoWitness(url: string): Witness {
  return {
    name: `Tempo at ${url}`,
    saw: 'queryable in Tempo',
    seen: async (sought) => {
      const there = await concurrently(sought, queriesAtOnce, async ({ traceId, spans }) => {
        const stored = await storedTrace(url, traceId);
        // A span that was sent again is one.
        return new Set(stored.map(({ spanId }) => spanId)).size >= spans;
      });
      return sought.filter((_, index) => there[index]);
    },
  };
}

const statusSchema = z.object({
  traces: z.number(),
  operationsLearnt: z.number(),
  operationsSeen: z.number(),
});
/** What a pipeline in one process says of itself. */
export type ProcessStatus = z.infer<typeof statusSchema>;

/**
 * What a pipeline in one process says of itself, `undefined` where its page does not tell.
 *
 * @throws {VerifyError} without an answer
 */
export async function processStatus(pageUrl: string): Promise<ProcessStatus | undefined> {
  const { status, json } = await ask('the page', `${pageUrl}/status.json`);
  const parsed = statusSchema.safeParse(json);
  return status === 200 && parsed.success ? parsed.data : undefined;
}

/**
 * Counts the traces that the pipeline in one process has looked at: it keeps those that are anomalous, and can be asked for no other.
 * Traces are looked at in about the order in which they were taken, so that the count tells of each.
 *
 * @param before count before the first trace was sent
 */
export function processWitness(pageUrl: string, before: number): Witness {
  return {
    name: `the pipeline behind ${pageUrl}`,
    saw: 'looked at by the pipeline',
    seen: async (sought) => {
      const status = await processStatus(pageUrl);
      if (status === undefined)
        throw new VerifyError(`${pageUrl} does not tell how many traces it saw`, 'use --console');
      return sought.filter(({ ordinal }) => status.traces - before >= ordinal);
    },
  };
}

/** More traces than these are not looked for one by one. */
const mostSought = 120;
const everyMs = 500;

/** Looks for some of the traces, evenly over the time, and measures how long each takes. */
export class Watch {
  private sought: readonly SoughtTrace[] = [];
  private readonly added: SoughtTrace[] = [];
  private readonly tookMs: number[] = [];
  private asked = 0;
  private failure: VerifyError | undefined;
  private isEnding = false;
  private readonly running: Promise<void>;

  /**
   * @param expectedTraces of which some are chosen
   * @param signal ends the looking
   */
  constructor(
    private readonly witness: Witness,
    private readonly expectedTraces: number,
    private readonly signal: AbortSignal,
  ) {
    this.running = this.look();
  }

  /** Tells of a trace that was taken; most are let go. */
  add(trace: SoughtTrace): void {
    const every = Math.max(1, Math.ceil(this.expectedTraces / mostSought));
    if (trace.ordinal % every !== 0 || this.asked >= mostSought) return;
    this.asked += 1;
    this.added.push(trace);
  }

  /** Looks for this one, however many there are. */
  addLast(trace: SoughtTrace): void {
    this.asked += 1;
    this.added.push(trace);
  }

  get found(): { readonly asked: number; readonly seen: number } {
    return { asked: this.asked, seen: this.tookMs.length };
  }

  /**
   * Waits until all are seen, or patience ends.
   *
   * @throws {VerifyError} if it could not be told
   */
  async end(patienceMs: number): Promise<{ readonly asked: number; readonly tookMs: readonly number[] }> {
    const deadline = performance.now() + patienceMs;
    while (performance.now() < deadline && this.tookMs.length < this.asked) {
      await sleep(everyMs, undefined, { signal: this.signal });
    }
    this.isEnding = true;
    await this.running;
    if (this.failure !== undefined && this.tookMs.length < this.asked) throw this.failure;
    return { asked: this.asked, tookMs: this.tookMs };
  }

  private async look(): Promise<void> {
    while (!this.isEnding && !this.signal.aborted) {
      this.sought = [...this.sought, ...this.added.splice(0)];
      try {
        const seen = new Set(this.sought.length === 0 ? [] : await this.witness.seen(this.sought));
        const at = performance.now();
        for (const { takenAt } of seen) this.tookMs.push(Math.max(0, at - takenAt));
        this.sought = this.sought.filter((trace) => !seen.has(trace));
        this.failure = undefined;
      } catch (error) {
        if (!(error instanceof VerifyError)) throw error;
        this.failure = error;
      }
      await sleep(everyMs, undefined, { signal: this.signal }).catch(() => undefined);
    }
  }
}
