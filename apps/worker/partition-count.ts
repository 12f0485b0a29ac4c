import { messageOf, silentLog, type Log } from './log';
import type { EventStream } from './stream';

/** How often it is asked, milliseconds. */
const askEveryMs = 60_000;

/** How many partitions a topic has, asked again every minute: topics grow, and are made anew with more or fewer. */
export class PartitionCount {
  private known = 1;
  private askedMs: number | undefined;

  constructor(
    private readonly stream: Pick<EventStream, 'partitions'>,
    private readonly topic: string,
    private readonly log: Log = silentLog,
  ) {}

  /** @throws {StreamError} */
  async ask(): Promise<number> {
    this.known = await this.stream.partitions(this.topic);
    this.askedMs = undefined;
    return this.known;
  }

  /**
   * Asks again when it is time; keeps what is known when nobody answers.
   *
   * @returns the number, where it changed
   */
  async refresh(nowMs: number): Promise<number | undefined> {
    this.askedMs ??= nowMs;
    if (nowMs - this.askedMs < askEveryMs) return undefined;
    this.askedMs = nowMs;
    const { topic, known } = this;
    try {
      this.known = await this.stream.partitions(topic);
    } catch (error) {
      this.log.warn({ topic, reason: messageOf(error) }, 'the number of partitions could not be looked up');
      return undefined;
    }
    if (this.known === known) return undefined;
    this.log.info({ topic, before: known, now: this.known }, 'the number of partitions changed');
    return this.known;
  }
}
