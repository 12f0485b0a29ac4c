import type { Consumer, ConsumerGroupJoinEvent, EachBatchPayload, Kafka, Offsets } from 'kafkajs';
import { defaultRetryPolicy, retryTransient } from '../retry';
import { SerialQueue } from '../serial';
import type { StreamHandler, Subscription, TopicPartition } from '../stream';
import { StreamError } from '../stream-error';
import { ExpectedOffsets } from './expected-offsets';
import { committedOffsets, offsetKey, startOffsets } from './start-offsets';
import { endsGeneration, toStreamError } from './kafka-errors';
import { toRecordBatch } from './kafka-records';

const tickIntervalMs = 1_000;
const heartbeatsPerSession = 10;
/** Also how long leaving takes at most: kafkajs waits for the fetch in progress. */
const fetchWaitMs = 500;

/** How a consumer of a group reads. */
export interface KafkaSubscriptionOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Bytes that a broker answers with at most, of one partition and of all; with what is being processed, this bounds memory. */
  readonly maxBytesPerPartition: number;
  readonly maxBytes: number;
  /** Silence after which the coordinator takes a member for dead, and a member itself. */
  readonly sessionTimeoutMs: number;
  /** Told when reading is begun anew, and of each time that fails. */
  readonly onRestart: (error: unknown) => void;
  /** Told of offsets that are no longer there, though they were not read. */
  readonly onLost: (partition: TopicPartition, from: number, count: number) => void;
}

/**
 * A consumer of a group. kafkajs announces a rebalance but waits for nobody, and rewinds to the committed offsets on each join; so each
 * join begins a generation, calls of the handler come one at a time, and a generation ends at the first sign that the group moves
 * on: an answer of the coordinator, or none for the session timeout.
 */
export class KafkaSubscription implements Subscription {
  readonly ended: Promise<void>;

  private readonly calls = new SerialQueue();
  private readonly ticker: NodeJS.Timeout;
  private consumer: Consumer | undefined;
  /** Counts joins. */
  private generation = 0;
  /** The generation that the handler was told of. */
  private handled = 0;
  /** Why the generation is over, although the group was not joined again yet. */
  private over: unknown;
  private lastContact = performance.now();
  /** kafkajs may deliver a batch again within a generation, and one of the generation before. */
  private expected = new ExpectedOffsets();
  /** Commits of the group when it was joined, and own ones since. */
  private readonly committed = new Map<string, number>();
  private commitOffsets: ((offsets: Offsets) => Promise<void>) | undefined;
  private restarting = false;
  private ending = false;
  private tickQueued = false;
  private settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void };

  private constructor(
    private readonly kafka: Kafka,
    private readonly options: KafkaSubscriptionOptions,
    private readonly handler: StreamHandler,
  ) {
    this.settle = { resolve: () => undefined, reject: () => undefined };
    this.ended = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    this.ended.catch(() => undefined);
    this.ticker = setInterval(() => this.tick(), tickIntervalMs);
  }

  static async start(
    kafka: Kafka,
    options: KafkaSubscriptionOptions,
    handler: StreamHandler,
  ): Promise<KafkaSubscription> {
    const subscription = new KafkaSubscription(kafka, options, handler);
    try {
      await subscription.connect();
    } catch (error) {
      await subscription.stop();
      throw toStreamError(error, `subscribe group ${options.group} to ${options.topics.join(', ')}`);
    }
    return subscription;
  }

  async commit(positions: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> {
    if (!this.isCurrent() || this.commitOffsets === undefined || positions.length === 0) return;
    const { generation } = this;
    const topics = Array.from(new Set(positions.map(({ topic }) => topic)), (topic) => ({
      topic,
      partitions: positions
        .filter((position) => position.topic === topic)
        .map(({ partition, offset }) => ({ partition, offset: String(offset) })),
    }));
    try {
      // Not `consumer.commitOffsets`: that repeats by itself, after a rebalance in the name of the new generation.
      await this.commitOffsets({ topics });
      for (const position of positions) this.committed.set(offsetKey(position), position.offset);
    } catch (error) {
      if (endsGeneration(error)) {
        this.endGeneration(generation, error);
        return;
      }
      throw toStreamError(error, `commit of group ${this.options.group}`);
    }
  }

  isCurrent(): boolean {
    const { sessionTimeoutMs } = this.options;
    if (this.generation > 0 && performance.now() - this.lastContact > sessionTimeoutMs) {
      const silence = new StreamError(
        'PLUMBLINE_STREAM_UNAVAILABLE',
        `no answer from the coordinator of group ${this.options.group} for ${sessionTimeoutMs / 1000} s`,
      );
      this.endGeneration(this.generation, silence);
      this.restart(silence);
    }
    return !this.ending && this.generation > 0 && this.handled === this.generation && this.over === undefined;
  }

  async stop(): Promise<void> {
    this.ending = true;
    clearInterval(this.ticker);
    await this.calls.idle();
    await this.disconnect();
    this.settle.resolve();
  }

  private async connect(): Promise<void> {
    const consumer = this.kafka.consumer({
      groupId: this.options.group,
      sessionTimeout: this.options.sessionTimeoutMs,
      heartbeatInterval: this.heartbeatIntervalMs,
      maxWaitTimeInMs: fetchWaitMs,
      maxBytesPerPartition: this.options.maxBytesPerPartition,
      maxBytes: this.options.maxBytes,
      allowAutoTopicCreation: false,
      retry: { retries: 8, initialRetryTime: 200, maxRetryTime: 5_000, restartOnFailure: () => Promise.resolve(false) },
    });
    this.consumer = consumer;
    const ifMine = (act: () => void): void => {
      if (consumer === this.consumer && !this.ending) act();
    };
    consumer.on('consumer.group_join', (event) => ifMine(() => this.join(event)));
    consumer.on('consumer.heartbeat', () => ifMine(() => this.noteContact()));
    consumer.on('consumer.rebalancing', () =>
      ifMine(() => this.endGeneration(this.generation, new Error('the group is rebalancing'))),
    );
    let connecting = true;
    let crash: { readonly error: unknown } | undefined;
    consumer.on('consumer.crash', ({ payload }) =>
      ifMine(() => {
        if (connecting) crash = payload;
        else this.onCrash(payload.error);
      }),
    );
    const { group, topics } = this.options;
    for (const [key, offset] of await committedOffsets(this.kafka, group, topics)) this.committed.set(key, offset);
    await consumer.connect();
    await consumer.subscribe({ topics: [...this.options.topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.onEachBatch(consumer, payload),
    });
    connecting = false;
    throwIfCrashed(crash);
  }

  private join({ payload }: ConsumerGroupJoinEvent): void {
    this.generation += 1;
    this.over = undefined;
    this.commitOffsets = undefined;
    this.noteContact();
    const { generation } = this;
    const partitions = Object.entries(payload.memberAssignment).flatMap(([topic, numbers]) =>
      numbers.map((partition) => ({ topic, partition })),
    );
    void this.calls.run(async () => {
      if (generation !== this.generation || this.ending) return;
      await this.call(async () => {
        this.expected = new ExpectedOffsets(await this.startOffsets(partitions));
        if (generation !== this.generation || this.ending) return;
        this.handled = generation;
        await this.handler.onAssigned(partitions);
      });
    });
  }

  private startOffsets(partitions: readonly TopicPartition[]): Promise<(TopicPartition & { offset: number })[]> {
    const { group } = this.options;
    return retryTransient(
      () => startOffsets(this.kafka, group, partitions, this.committed),
      defaultRetryPolicy,
      () => !this.ending,
    );
  }

  private async onEachBatch(consumer: Consumer, payload: EachBatchPayload): Promise<void> {
    const { generation } = this;
    const { batch } = payload;
    const isMine = (): boolean => consumer === this.consumer && generation === this.generation && !this.ending;
    const heartbeat = (): Promise<void> =>
      payload.heartbeat().catch((error: unknown) => {
        if (isMine() && endsGeneration(error)) this.endGeneration(generation, error);
      });
    const beating = setInterval(() => void heartbeat(), this.heartbeatIntervalMs);
    try {
      await heartbeat();
      await this.calls.run(async () => {
        if (!isMine() || !this.isCurrent()) return;
        this.commitOffsets = (offsets) => payload.commitOffsetsIfNecessary(offsets);
        const admission = this.expected.admit(batch, Number(batch.messages[0]?.offset ?? batch.firstOffset() ?? 0));
        if (!admission.read) {
          const { topic, partition } = batch;
          consumer.seek({ topic, partition, offset: String(admission.from) });
          return;
        }
        if (admission.lost > 0) this.options.onLost(batch, admission.from, admission.lost);
        const records = toRecordBatch(batch, admission.from);
        if (records.records.length > 0 && !(await this.call(() => this.handler.onBatch(records)))) return;
        if (!isMine()) return;
        this.expected.advance(batch, Number(batch.lastOffset()));
        payload.resolveOffset(batch.messages.at(-1)?.offset ?? batch.lastOffset());
      });
    } finally {
      clearInterval(beating);
    }
    // What kafkajs joins again for, when it comes out of a batch.
    if (isMine() && endsGeneration(this.over)) throw this.over;
  }

  private tick(): void {
    if (this.tickQueued) return;
    this.tickQueued = true;
    void this.calls.run(async () => {
      this.tickQueued = false;
      if (this.isCurrent()) await this.call(() => this.handler.onTick());
    });
  }

  /** @returns `false` when the handler failed, which ends the subscription */
  private async call(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  private get heartbeatIntervalMs(): number {
    return this.options.sessionTimeoutMs / heartbeatsPerSession;
  }

  private noteContact(): void {
    if (this.over === undefined) this.lastContact = performance.now();
  }

  private endGeneration(generation: number, reason: unknown): void {
    if (generation === this.generation) this.over ??= reason;
  }

  private onCrash(error: unknown): void {
    const translated = toStreamError(error, `group ${this.options.group}`);
    this.endGeneration(this.generation, translated);
    if (translated.transient) this.restart(translated);
    else this.fail(translated);
  }

  /** Joins again with a new consumer, in the background. */
  private restart(reason: StreamError): void {
    if (this.restarting || this.ending) return;
    this.restarting = true;
    this.options.onRestart(reason);
    const rejoin = async (): Promise<void> => {
      await this.disconnect();
      if (!this.ending) await this.connect();
    };
    retryTransient(
      () => rejoin().catch((error: unknown) => Promise.reject(toStreamError(error, `group ${this.options.group}`))),
      defaultRetryPolicy,
      (error) => {
        if (this.ending) return false;
        this.options.onRestart(error);
        return true;
      },
    )
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        this.restarting = false;
      });
  }

  private fail(error: unknown): void {
    if (this.ending) return;
    this.ending = true;
    clearInterval(this.ticker);
    this.settle.reject(error);
    void this.disconnect();
  }

  private async disconnect(): Promise<void> {
    const { consumer } = this;
    this.consumer = undefined;
    // It may never have connected; leaving is a courtesy, the session timeout does the same.
    await consumer?.disconnect().catch(() => undefined);
  }
}

/** `run` resolves also when the consumer could not join. */
function throwIfCrashed(crash: { readonly error: unknown } | undefined): void {
  if (crash !== undefined) throw crash.error;
}
