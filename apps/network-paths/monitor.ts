import { setTimeout as sleep } from 'node:timers/promises';
import type { NetworkPathsFile, NetworkPathTarget } from '@plumbline/contracts';
import { messageOf, type Clock, type Log } from '@plumbline/worker';
import { MeasurementError, type FailureKind } from './mtr/measurement';
import type { Measure } from './mtr/run-mtr';
import type { RouteChange } from './routes/route';
import { TargetHistory } from './routes/target-history';
import { Semaphore } from './semaphore';

/** Is told of what happens, to count it. */
export interface MonitorObserver {
  ran(target: NetworkPathTarget, result: 'measured' | FailureKind): void;
  changed(target: NetworkPathTarget, change: RouteChange): void;
}

export interface MonitorOptions {
  readonly file: NetworkPathsFile;
  readonly measure: Measure;
  /** Address of a name. @throws if it has none */
  readonly resolve: (host: string) => Promise<string>;
  readonly clock: Clock;
  readonly log: Log;
  readonly observer: MonitorObserver;
  /** From 0 to 1. @default Math.random */
  readonly random?: () => number;
}

/** Share of the interval by which measurements are earlier or later, so that those of many targets do not come at once. */
const jitter = 0.1;

/** Measures all targets, each at its interval, as long as it runs. */
export class PathMonitor {
  readonly histories: readonly TargetHistory[];
  readonly startedAtMs: number;
  private readonly slots: Semaphore;

  constructor(private readonly options: MonitorOptions) {
    this.histories = options.file.targets.map((target) => new TargetHistory(target));
    this.slots = new Semaphore(options.file.concurrency);
    this.startedAtMs = options.clock.now();
  }

  /** Ends when it is told to, with what is in progress ended as well. */
  async run(stop: AbortSignal): Promise<void> {
    await Promise.all(this.histories.map((history) => this.follow(history, stop)));
  }

  /** Measures a target once. */
  async measure(history: TargetHistory, stop: AbortSignal): Promise<void> {
    const { measure, resolve, clock, log, observer } = this.options;
    const { target } = history;
    try {
      const address = await resolve(target.host).catch((cause: unknown) => {
        throw new MeasurementError('unresolved', `${target.host} has no address: ${messageOf(cause)}`, { cause });
      });
      const measurement = await measure(address, stop);
      const { lostSinceMs: lost, failure } = history;
      const change = history.measuredAt(clock.now(), measurement);
      observer.ran(target, 'measured');
      if (failure !== undefined) log.info({ target: target.name }, 'measured again');
      if (change !== undefined) {
        observer.changed(target, change);
        log.info(
          { target: target.name, from: words(change.from), to: words(change.to), isNew: change.isNew },
          'route changed',
        );
      }
      if (!measurement.reached && lost === undefined) log.warn({ target: target.name }, 'the target does not answer');
      if (measurement.reached && lost !== undefined) log.info({ target: target.name }, 'the target answers again');
    } catch (error) {
      // What was ended by us says nothing of the path.
      if (stop.aborted) return;
      const kind = error instanceof MeasurementError ? error.kind : 'failed';
      history.failedAt(clock.now(), kind, messageOf(error));
      observer.ran(target, kind);
      log.warn({ target: target.name, kind, reason: messageOf(error) }, 'the path was not measured');
    }
  }

  private async follow(history: TargetHistory, stop: AbortSignal): Promise<void> {
    const { file, random = Math.random } = this.options;
    const intervalMs = file.intervalSeconds * 1000;
    // The first ones are spread over half a minute, or the interval: people wait for the page.
    let dueMs = performance.now() + random() * Math.min(intervalMs, 30_000);
    while (await pause(dueMs - performance.now(), stop)) {
      await this.slots.run(() => (stop.aborted ? Promise.resolve() : this.measure(history, stop)));
      const next = dueMs + intervalMs * (1 - jitter + 2 * jitter * random());
      // What is late is not made up for.
      dueMs = Math.max(next, performance.now());
    }
  }
}

/** @returns false if it was told to stop */
async function pause(ms: number, stop: AbortSignal): Promise<boolean> {
  try {
    await sleep(Math.max(0, ms), undefined, { signal: stop });
    return true;
  } catch (error) {
    if (!stop.aborted) throw error;
    return false;
  }
}

function words(addresses: RouteChange['from']): string {
  return addresses.map((address) => address ?? '?').join(' ');
}
