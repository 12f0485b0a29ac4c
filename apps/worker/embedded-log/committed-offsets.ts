import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SerialQueue } from '../serial';
import type { TopicPartition } from '../stream';
import { StreamError } from '../stream-error';
import { writeAtomically } from './atomic-write';

const fileSchema = z.object({
  committedAtMs: z.number(),
  offsets: z.record(z.string(), z.record(z.string(), z.int().nonnegative())),
});

interface GroupOffsets {
  committedAtMs: number;
  readonly offsets: Map<string, Map<number, number>>;
}

/** Committed offsets of every group: in memory, and in `<directory>/<group>.json`, replaced on each commit. */
export class CommittedOffsets {
  private readonly groups = new Map<string, GroupOffsets>();
  private readonly writes = new SerialQueue();

  private constructor(private readonly directory: string | undefined) {}

  /** @param directory absent: offsets are gone with the process */
  static async open(directory: string | undefined): Promise<CommittedOffsets> {
    const committed = new CommittedOffsets(directory);
    if (directory === undefined) return committed;
    await mkdir(directory, { recursive: true });
    for (const name of (await readdir(directory)).filter((each) => each.endsWith('.json'))) {
      const path = join(directory, name);
      const parsed = fileSchema.safeParse(parseJson(await readFile(path, 'utf8')));
      if (!parsed.success) {
        const message = `${path} does not hold committed offsets: ${parsed.error.message}`;
        throw new StreamError('PLUMBLINE_STREAM_CORRUPT', message, { cause: parsed.error });
      }
      const offsets = new Map<string, Map<number, number>>();
      for (const [topic, partitions] of Object.entries(parsed.data.offsets)) {
        offsets.set(topic, new Map(Object.entries(partitions).map(([key, offset]) => [Number(key), offset])));
      }
      committed.groups.set(name.slice(0, -'.json'.length), { committedAtMs: parsed.data.committedAtMs, offsets });
    }
    return committed;
  }

  get(group: string, { topic, partition }: TopicPartition): number | undefined {
    return this.groups.get(group)?.offsets.get(topic)?.get(partition);
  }

  /** Makes positions durable. */
  async commit(
    group: string,
    positions: readonly (TopicPartition & { readonly offset: number })[],
    nowMs: number,
  ): Promise<void> {
    const state = this.groups.get(group) ?? { committedAtMs: nowMs, offsets: new Map<string, Map<number, number>>() };
    this.groups.set(group, state);
    state.committedAtMs = nowMs;
    for (const { topic, partition, offset } of positions) {
      const partitions = state.offsets.get(topic) ?? new Map<number, number>();
      state.offsets.set(topic, partitions.set(partition, offset));
    }
    const { directory } = this;
    if (directory === undefined) return;
    await this.writes.run(() => writeAtomically(join(directory, `${group}.json`), serialize(state)));
  }

  /** Groups that committed in a topic since a time. */
  activeGroups(topic: string, sinceMs: number): string[] {
    const active: string[] = [];
    for (const [group, { committedAtMs, offsets }] of this.groups) {
      if (committedAtMs >= sinceMs && offsets.has(topic)) active.push(group);
    }
    return active;
  }

  /** Resolves when every commit given so far is durable. */
  async close(): Promise<void> {
    await this.writes.idle();
  }
}

function serialize({ committedAtMs, offsets }: GroupOffsets): string {
  const plain = Object.fromEntries(
    Array.from(offsets, ([topic, partitions]) => [topic, Object.fromEntries(partitions)] as const),
  );
  return JSON.stringify({ committedAtMs, offsets: plain });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
