interface Position {
  readonly offset: number;
  /** Newest event time in the record; −∞ where it has none. */
  readonly newestMs: number;
}

/** Remembers which event times the records of a partition speak of, and so how far back a restart has to read. */
export class Positions {
  private readonly queues = new Map<string, { read: Position[]; next: number }>();

  /** Notes a record that was read. */
  note(topic: string, partition: number, offset: number, newestMs: number): void {
    const key = `${topic}/${partition}`;
    let queue = this.queues.get(key);
    if (queue === undefined) this.queues.set(key, (queue = { read: [], next: offset }));
    // A restart does not need what speaks of no time, such as a heartbeat.
    if (newestMs > -Infinity) queue.read.push({ offset, newestMs });
    queue.next = offset + 1;
  }

  /**
   * First offset that a restart needs when it needs everything from `horizonMs` on.
   *
   * @returns `undefined` while nothing of the partition was read
   */
  committable(topic: string, partition: number, horizonMs: number): number | undefined {
    const queue = this.queues.get(`${topic}/${partition}`);
    if (queue === undefined) return undefined;
    const needed = queue.read.findIndex(({ newestMs }) => newestMs >= horizonMs);
    queue.read.splice(0, needed < 0 ? queue.read.length : needed);
    return queue.read[0]?.offset ?? queue.next;
  }
}
