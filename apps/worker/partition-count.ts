import { messageOf, silentLog, type Log } from './log';
import type { EventStream } from './stream';

/** How often it is asked, milliseconds. */
const askEveryMs = 60_000;

/** How many partitions a topic has, asked again every minute: topics grow, and are made anew with more or fewer. */
export class PartitionCount {
  /** As far as is known. */
  count = 1;
  private askedMs: number | undefined;

  constructor(
    private readonly stream: Pick<EventStream, 'partitions'>,
    private readonly topic: string,
    private readonly log: Log = silentLog,
  ) {}

  /** @throws {StreamError} */
  async ask(): Promise<number> {
    this.count = await this.stream.partitions(this.topic);
    this.askedMs = undefined;
    return this.count;
  }

  /**
   * Asks again when it is time; keeps what is known when nobody answers.
   *
   * @returns whether it changed
   */
  async refresh(nowMs: number): Promise<boolean> {
    this.askedMs ??= nowMs;
    if (nowMs - this.askedMs < askEveryMs) return false;
    this.askedMs = nowMs;
    const { topic, count: before } = this;
    try {
      this.count = await this.stream.partitions(topic);
    } catch (error) {
      this.log.warn({ topic, reason: messageOf(error) }, 'the number of partitions could not be looked up');
      return false;
    }
    if (this.count === before) return false;
    this.log.info({ topic, before, now: this.count }, 'the number of partitions changed');
    return true;
  }
}
