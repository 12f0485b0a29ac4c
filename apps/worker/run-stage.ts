import { systemClock, type Clock } from './clock';
import { defaultRetryPolicy, type RetryPolicy } from './retry';
import { StageRunner } from './stage-runner';
import { silentObserver, type StageObserver } from './stage-observer';
import type { EventStream, StreamHandler, Subscription } from './stream';
import type { Stage } from './stage';
import { noTracer, type StageTracer } from './tracing/stage-tracer';

/** How a stage is run. */
export interface StageOptions {
  /** @default systemClock */
  readonly clock?: Clock;
  /** @default defaultRetryPolicy */
  readonly retry?: RetryPolicy;
  /**
   * Effects of one output that run at the same time.
   *
   * @default 16
   */
  readonly effectConcurrency?: number;
  /** @default - nobody is told */
  readonly observer?: StageObserver;
  /** @default noTracer */
  readonly tracer?: StageTracer;
}

/** A stage that is being run. */
export interface RunningStage {
  readonly name: string;
  /** Resolves after `stop`; rejects with what ended the stage. */
  readonly ended: Promise<void>;
  /** Whether partitions were assigned and the stage was reset for them. */
  isReady(): boolean;
  /** Waits for the call in progress, commits, and leaves the group. */
  stop(): Promise<void>;
}

/** Runs a stage over a stream until it is stopped or cannot go on. */
export async function runStage(stage: Stage, stream: EventStream, options: StageOptions = {}): Promise<RunningStage> {
  const runner = new StageRunner(stage, stream, runnerOptions(options));
  const subscription = await stream.subscribe(stage.group, stage.topics, runner);
  runner.attach(subscription);
  return {
    name: stage.name,
    ended: subscription.ended,
    isReady: () => runner.isReady(),
    stop: () => finishAndLeave(runner, subscription),
  };
}

/** A consumer that reads only when it is polled. */
export interface PolledSubscription extends Subscription {
  /** Delivers a pending assignment, or one batch of one partition; `false` when there was neither. */
  poll(): Promise<boolean>;
}

/** A stream that can be read without anything going on by itself, such as the embedded log. */
export interface PollableStream extends EventStream {
  attach(group: string, topics: readonly string[], handler: StreamHandler): PolledSubscription;
}

/** A stage that moves only when it is told to, for replay and tests. */
export interface SteppedStage {
  readonly name: string;
  /** Processes one batch, or a new assignment. @returns whether there was anything to do */
  step(): Promise<boolean>;
  /** Lets the stage see the clock's present time, and commits. @returns whether the stage had any output */
  tick(): Promise<boolean>;
  stop(): Promise<void>;
}

/** Prepares a stage to be stepped over an embedded log. */
export function stepStage(stage: Stage, stream: PollableStream, options: StageOptions = {}): SteppedStage {
  const runner = new StageRunner(stage, stream, runnerOptions(options));
  const subscription = stream.attach(stage.group, stage.topics, runner);
  runner.attach(subscription);
  return {
    name: stage.name,
    step: () => subscription.poll(),
    tick: async () => {
      const before = runner.outputs;
      await runner.onTick();
      return runner.outputs !== before;
    },
    stop: () => finishAndLeave(runner, subscription),
  };
}

/** Steps stages in turn until none has anything left to do. */
export async function runToIdle(stages: readonly SteppedStage[]): Promise<void> {
  let busy = true;
  while (busy) {
    busy = false;
    for (const stage of stages) {
      while (await stage.step()) busy = true;
    }
  }
}

/** Ticks every stage at the clock's present time, letting each see what the ones before it made of it, until all are idle. */
export async function tickToIdle(stages: readonly SteppedStage[]): Promise<void> {
  for (const stage of stages) {
    await stage.tick();
    await runToIdle(stages);
  }
}

async function finishAndLeave(runner: StageRunner, subscription: Subscription): Promise<void> {
  try {
    await runner.finish();
  } finally {
    await subscription.stop();
  }
}

function runnerOptions(options: StageOptions): Required<StageOptions> {
  return {
    clock: options.clock ?? systemClock,
    retry: options.retry ?? defaultRetryPolicy,
    effectConcurrency: options.effectConcurrency ?? 16,
    observer: options.observer ?? silentObserver,
    tracer: options.tracer ?? noTracer,
  };
}
