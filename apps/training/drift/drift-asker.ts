import type { DriftEvent } from '@plumbline/wire';
import { messageOf, type Log } from '@plumbline/worker';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { TrainingAnswer, TrainingTrigger } from './training-trigger';

export interface DriftAskerOptions {
  /** @default - nobody is asked: drift is logged and counted */
  readonly trigger?: TrainingTrigger;
  readonly registry: Registry;
  readonly log: Log;
}

/** Drift older than this is not asked for any more: if it lasts, it is told of again. */
const mostAgeMs = 86_400_000;
/** First and longest delay after a failure; each is twice the one before. */
const [firstDelayMs, mostDelayMs] = [60_000, 1_800_000];
/** One that died between its claim and its start keeps others away for ten minutes: then it is asked once more. */
const claimedMs = 900_000;

type Outcome = TrainingAnswer | 'failed' | 'stale' | 'nobody to ask';

/** A drift that is to be answered by a training. */
interface Pending {
  readonly event: DriftEvent;
  dueMs: number;
  delayMs: number;
  cooling: boolean;
}

/**
 * Asks for a training when models have drifted. It waits for nobody: learning goes on while an Airflow is away, which is asked
 * again for a day. After a restart the newest drift is read back and asked for again; whether that was done is known to whom
 * it asks.
 */
export class DriftAsker {
  private readonly outcomes: Counter<'outcome'>;
  private readonly through: Gauge;
  private newestMs = -Infinity;
  private pending: Pending | undefined;
  private asking: Promise<void> | undefined;

  constructor(private readonly options: DriftAskerOptions) {
    const registers = [options.registry];
    this.outcomes = new Counter({
      name: 'plumbline_training_asked_total',
      help: 'Trainings that were asked for because models drifted, by what was answered',
      labelNames: ['outcome'],
      registers,
    });
    const all: readonly Outcome[] = ['asked', 'cooling', 'already', 'failed', 'stale', 'nobody to ask'];
    for (const outcome of all) this.outcomes.inc({ outcome }, 0);
    this.through = new Gauge({
      name: 'plumbline_training_drift_through_seconds',
      help: 'End of the stretch of event time of the newest drift, seconds since the epoch; 0 before the first',
      registers,
    });
  }

  /** Of several only the newest is answered: one training answers all. */
  observe(event: DriftEvent): void {
    if (event.throughMs <= this.newestMs) return;
    this.newestMs = event.throughMs;
    this.through.set(event.throughMs / 1000);
    this.pending = { event, dueMs: -Infinity, delayMs: firstDelayMs, cooling: false };
  }

  /** Time passes, milliseconds since the epoch. */
  tick(nowMs: number): void {
    const { pending } = this;
    if (pending === undefined || this.asking !== undefined || nowMs < pending.dueMs) return;
    if (pending.event.throughMs < nowMs - mostAgeMs) {
      this.end(pending, 'stale');
      return;
    }
    this.asking = this.ask(pending, nowMs).finally(() => (this.asking = undefined));
  }

  /** Resolves when nobody is being asked. */
  async settled(): Promise<void> {
    await this.asking;
  }

  /** Never rejects. */
  private async ask(pending: Pending, nowMs: number): Promise<void> {
    const { trigger, log } = this.options;
    const { event } = pending;
    if (trigger === undefined) {
      this.end(pending, 'nobody to ask');
      return;
    }
    try {
      const answer = await trigger.ask({ reason: 'drift', event: sentenceOf(event), runId: event.id });
      if (answer === 'cooling' && !pending.cooling) {
        pending.cooling = true;
        pending.dueMs = nowMs + claimedMs;
        return;
      }
      this.end(pending, answer);
    } catch (error) {
      this.outcomes.inc({ outcome: 'failed' });
      log.warn({ drift: event.id, reason: messageOf(error) }, 'no training could be asked for; it will be again');
      pending.dueMs = nowMs + pending.delayMs;
      pending.delayMs = Math.min(2 * pending.delayMs, mostDelayMs);
    }
  }

  private end(pending: Pending, outcome: Outcome): void {
    if (this.pending === pending) this.pending = undefined;
    this.outcomes.inc({ outcome });
    const { id, version, psi } = pending.event;
    this.options.log.info({ drift: id, version, psi, outcome }, 'models drifted');
  }
}

/** What people read of it where they see the run. */
export function sentenceOf({ version, psi, scores, features, drifting, fromMs, throughMs }: DriftEvent): string {
  const named = [...scores, ...features].map(({ name }) => name).slice(0, 5);
  const stretch = [fromMs, throughMs].map((ms) => new Date(ms).toISOString()).join(' to ');
  return `${version} drifted by ${psi.toFixed(2)} from ${stretch}: ${named.join(', ')} (${drifting} features)`.slice(
    0,
    1000,
  );
}
