import { writeOrBury } from './refused';
import { retryTransient } from './retry';
import type { StageOptions } from './run-stage';
import { runBounded } from './serial';
import type { Effect, Stage, StageOutput } from './stage';
import type { StagePhase } from './stage-observer';
import { traced, type StageStep } from './tracing/stage-tracer';
import type { EventStream, OutgoingRecord, RecordBatch, StreamHandler, Subscription, TopicPartition } from './stream';

/**
 * The loop's body: performs what a stage wants done, in the order effects, records, commit, and nothing of a generation that
 * has ended. Calls come one at a time from a subscription.
 */
export class StageRunner implements StreamHandler {
  /** Outputs performed that were not empty. */
  outputs = 0;

  private partitions: readonly TopicPartition[] = [];
  /** What a restart needs, as of the last output that was performed whole; a later `committable` may promise too much. */
  private readonly durable = new Map<string, TopicPartition & { readonly offset: number }>();
  private readonly committed = new Map<string, number>();
  /** Partitions of this generation that records came of. */
  private readonly begun = new Set<string>();
  private ready = false;
  private finishing = false;
  private inProgress: Promise<void> = Promise.resolve();
  private subscription: Subscription | undefined;
  /** The call in progress, for whoever traces. */
  private step: StageStep | undefined;
  private readonly attached: Promise<void>;
  private whenAttached: () => void = () => undefined;

  constructor(
    private readonly stage: Stage,
    private readonly stream: Pick<EventStream, 'produce'>,
    private readonly options: Required<StageOptions>,
  ) {
    this.attached = new Promise((resolve) => {
      this.whenAttached = resolve;
    });
  }

  /** Gives the runner its subscription; calls of the handler wait for it. */
  attach(subscription: Subscription): void {
    this.subscription = subscription;
    this.whenAttached();
  }

  isReady(): boolean {
    return this.ready;
  }

  /** Gives up repeating, waits for the call in progress, and commits what is durable. */
  async finish(): Promise<void> {
    this.finishing = true;
    await this.inProgress.catch(() => undefined);
    await this.commit();
  }

  onAssigned(partitions: readonly TopicPartition[]): Promise<void> {
    return this.exclusively(async () => {
      this.ready = false;
      this.durable.clear();
      this.committed.clear();
      this.begun.clear();
      this.partitions = partitions;
      if (!(await this.readBack('reset', () => this.stage.reset(partitions)))) return;
      this.ready = true;
      this.options.observer.assigned(partitions);
    });
  }

  onBatch(batch: RecordBatch): Promise<void> {
    return this.exclusively(async () => {
      if (!(await this.begin(batch))) return;
      await this.inStep(this.options.tracer.batch(batch), async () => {
        const output = await this.timed('process', () => this.stage.process(batch));
        this.options.observer.processed(batch);
        await this.perform(output, `output of ${batch.topic}[${batch.partition}]`);
      });
    });
  }

  onTick(): Promise<void> {
    return this.exclusively(async () => {
      if (!this.ready) return;
      await this.inStep(this.options.tracer.tick(), async () => {
        const output = await this.timed('process', () => this.stage.tick(this.options.clock.now()));
        if (await this.perform(output, 'output of a tick')) await this.commit();
      });
    });
  }

  /** The first records of a partition are here. @returns `false` when the generation ended meanwhile */
  private async begin(batch: RecordBatch): Promise<boolean> {
    const { stage, begun } = this;
    const [first] = batch.records;
    if (first === undefined || begun.has(keyOf(batch))) return true;
    const { topic, partition } = batch;
    const recall = async (): Promise<void> => stage.recall?.({ topic, partition }, first.timestampMs);
    if (!(await this.readBack('recall', recall))) return false;
    begun.add(keyOf(batch));
    return true;
  }

  /** Reads what a stage goes on from, which can be begun again from nothing. @returns `false` when the generation ended meanwhile */
  private async readBack(what: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await this.retry(what, work);
      return true;
    } catch (error) {
      if (this.finishing || !this.isCurrent()) return this.fenced(what);
      throw error;
    }
  }

  private async exclusively(call: () => Promise<void>): Promise<void> {
    await this.attached;
    if (this.finishing) return;
    this.inProgress = call();
    await this.inProgress;
  }

  private async inStep(step: StageStep | undefined, work: () => Promise<void>): Promise<void> {
    if (step === undefined) return work();
    this.step = step;
    try {
      await work();
      step.end();
    } catch (error) {
      step.end(error);
      throw error;
    } finally {
      this.step = undefined;
    }
  }

  /** @returns `false` when the generation ended, or the runner is finishing, before all was durable */
  private async perform(output: StageOutput, what: string): Promise<boolean> {
    const { effects } = output;
    const records = traced(output.records, this.step?.made(output));
    try {
      if (!this.isCurrent()) return this.fenced(what);
      if (effects.length > 0) await this.timed('effects', () => this.runEffects(effects));
      if (!this.isCurrent()) return this.fenced(what);
      if (records.length > 0) await this.timed('records', () => this.produce(records));
    } catch (error) {
      if (this.finishing || !this.isCurrent()) return this.fenced(what);
      throw error;
    }
    if (!this.isCurrent()) return this.fenced(what);
    this.remember();
    if (effects.length > 0 || records.length > 0) {
      this.outputs += 1;
      this.options.observer.performed(effects.length, countByTopic(records));
    }
    return true;
  }

  private runEffects(effects: readonly Effect[]): Promise<void> {
    const tasks = effects.map((effect) => () => this.retry(effect.name, () => effect.run()));
    return runBounded(tasks, this.options.effectConcurrency);
  }

  private produce(records: readonly OutgoingRecord[]): Promise<void> {
    return writeOrBury(
      records,
      (some) => this.retry('produce', () => this.stream.produce(some)),
      (refused) => this.options.observer.refused(refused),
    );
  }

  /** Stops repeating as soon as the result is no longer wanted. */
  private retry(what: string, operation: () => Promise<void>): Promise<void> {
    return retryTransient(operation, this.options.retry, (error, attempt) => {
      if (this.finishing || !this.isCurrent()) return false;
      this.options.observer.retrying(what, error, attempt);
      return true;
    });
  }

  private remember(): void {
    for (const partition of this.partitions) {
      const offset = this.stage.committable(partition);
      if (offset !== undefined) this.durable.set(keyOf(partition), { ...partition, offset });
    }
  }

  private async commit(): Promise<void> {
    const subscription = this.subscription;
    const positions = Array.from(this.durable.values()).filter(
      (position) => position.offset > (this.committed.get(keyOf(position)) ?? -1),
    );
    if (subscription === undefined || positions.length === 0 || !subscription.isCurrent()) return;
    await this.timed('commit', () => this.retry('commit', () => subscription.commit(positions)));
    for (const position of positions) this.committed.set(keyOf(position), position.offset);
    this.options.observer.committed(positions);
  }

  private isCurrent(): boolean {
    return this.subscription?.isCurrent() ?? false;
  }

  private fenced(what: string): false {
    this.options.observer.fenced(what);
    return false;
  }

  private async timed<T>(phase: StagePhase, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      this.options.observer.timed(phase, (performance.now() - startedAt) / 1000);
      this.step?.timed(phase, startedAt);
    }
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

function countByTopic(records: readonly OutgoingRecord[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { topic } of records) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  return counts;
}
