import { messageOf } from './log';

/** What is logged to; pino's loggers are of this shape. */
export interface TroubleSink {
  error(details: object, message: string): void;
  warn(details: object, message: string): void;
  info(details: object, message: string): void;
  debug(details: object, message: string): void;
}

interface Said {
  atMs: number;
  /** Since it was said last. */
  unsaid: number;
}

const reminderMs = 60_000;

/**
 * Says of a trouble that lasts, and is tried to get over again and again, that it is there: once when it begins, once a minute while it
 * lasts, and when it is over. One trouble is one, whatever could not be done for it.
 */
export class TroubleLog {
  private readonly said = new Map<string, Said>();

  /** @param nowMs a clock that never goes back */
  constructor(
    private readonly sink: TroubleSink,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Something failed and will be tried again. An error that knows what is at fault is said as an error, any other as a warning. */
  lasts(error: unknown, what: string, attempt?: number): void {
    const fault = faultOf(error);
    const reason = fault ?? messageOf(error);
    const now = this.nowMs();
    const before = this.said.get(reason);
    if (before !== undefined && now - before.atMs < reminderMs) {
      before.unsaid += 1;
      this.sink.debug({ what, attempt }, `trying again: ${reason}`);
      return;
    }
    this.said.set(reason, { atMs: now, unsaid: 0 });
    if (before !== undefined) this.sink.warn({ what, attempt, unsaid: before.unsaid }, `still trying: ${reason}`);
    else if (fault === undefined) this.sink.warn({ what, attempt, err: error }, `trying again: ${reason}`);
    else this.sink.error({ what, attempt, err: error }, `trying again: ${reason}`);
  }

  /** Things work. */
  isOver(): void {
    if (this.said.size === 0) return;
    this.said.clear();
    this.sink.info({}, 'it works again');
  }
}

/** What an error says is at fault, without what could not be done for it. */
function faultOf(error: unknown): string | undefined {
  const has = typeof error === 'object' && error !== null && 'fault' in error;
  return has && typeof error.fault === 'string' ? error.fault : undefined;
}
