import { messageOf, silentLog, type Log } from '@plumbline/worker';
import type { ModelRegistry } from './model-registry';
import type { Served } from './served';

export interface RegistryPollOptions {
  /** Time between two looks, milliseconds. */
  readonly pollMs: number;
  /** Longest time that a look is waited for, milliseconds; what it finds later is taken then. @default 30_000 */
  readonly patienceMs?: number;
  readonly log?: Log;
  /** Told of who serves now, and who did before, whenever that changed. */
  readonly onChange?: (served: Served, before: Served | undefined) => void;
}

/** State of the poll, for `/model` and metrics. */
export interface RegistryPollStatus {
  readonly served?: Served;
  /** When the registry last answered, on the clock that `poll` is told. */
  readonly answeredMs?: number;
  /** Why the last look failed, absent when it did not. */
  readonly error?: string;
}

/** Who serves, looked up now and then. A registry that is away, or answers nonsense, leaves everything as it was. */
export class RegistryPoll {
  private last: Served | undefined;
  private answeredMs: number | undefined;
  private error: string | undefined;
  private lastLookMs = -Infinity;
  private looking: Promise<void> | undefined;
  private readonly log: Log;

  constructor(
    private readonly registry: Pick<ModelRegistry, 'served'>,
    private readonly options: RegistryPollOptions,
  ) {
    this.log = options.log ?? silentLog;
  }

  /** The last good answer. */
  get served(): Served | undefined {
    return this.last;
  }

  status(): RegistryPollStatus {
    return {
      ...(this.last && { served: this.last }),
      ...(this.answeredMs !== undefined && { answeredMs: this.answeredMs }),
      ...(this.error !== undefined && { error: this.error }),
    };
  }

  /** Looks if that is due and no other look is under way. Never throws, and returns within the patience. */
  async poll(nowMs: number): Promise<void> {
    if (this.looking !== undefined || nowMs - this.lastLookMs < this.options.pollMs) return;
    this.lastLookMs = nowMs;
    this.looking = this.look(nowMs).finally(() => {
      this.looking = undefined;
    });
    await this.within(this.looking);
  }

  private async look(nowMs: number): Promise<void> {
    try {
      const served = await this.registry.served();
      this.answeredMs = nowMs;
      this.error = undefined;
      this.take(served);
    } catch (error) {
      this.fail(messageOf(error));
    }
  }

  private take(served: Served): void {
    const before = this.last;
    this.last = served;
    for (const problem of served.problems) {
      if (before?.problems.includes(problem) !== true) this.log.warn({ problem }, 'the registry is out of order');
    }
    if (before !== undefined && JSON.stringify(before.timeline) === JSON.stringify(served.timeline)) return;
    const { champion, challenger } = served;
    this.log.info({ champion: champion?.version, challenger: challenger?.version }, 'who serves has changed');
    this.options.onChange?.(served, before);
  }

  private fail(reason: string): void {
    this.error = reason;
    this.log.warn({ reason }, 'who serves could not be looked up; it stays as it was');
  }

  private async within(look: Promise<void>): Promise<void> {
    const patienceMs = this.options.patienceMs ?? 30_000;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.fail(`the registry has not answered within ${patienceMs / 1000} s`);
        resolve();
      }, patienceMs);
    });
    await Promise.race([look, late]);
    clearTimeout(timer);
  }
}
