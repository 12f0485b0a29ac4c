import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stage, StageOutput } from './stage';
import { nothing } from './stage';
import type { RecordBatch, StreamRecord, TopicPartition } from './stream';

/** Runs a test with a folder of its own. */
export async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-worker-'));
  try {
    await test(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Value of a record as text. */
export function text(record: Pick<StreamRecord, 'value'>): string {
  return Buffer.from(record.value ?? []).toString();
}

/** Waits until a condition holds; the test's own time limit ends it. */
export async function until(condition: () => boolean | Promise<boolean>, everyMs = 5): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, everyMs));
}

/** Copies each record of `input` to `output`, keeping what it saw. */
export class CopyStage implements Stage {
  readonly name = 'copy';
  readonly group: string;
  readonly topics = ['input'];
  readonly seen: string[] = [];
  readonly resets: (readonly TopicPartition[])[] = [];
  ticks = 0;
  private readonly next = new Map<number, number>();

  constructor(
    private readonly onProcess: (batch: RecordBatch) => Promise<Partial<StageOutput>> = () => Promise.resolve({}),
    group = 'copy-group',
  ) {
    this.group = group;
  }

  reset(partitions: readonly TopicPartition[]): Promise<void> {
    this.resets.push(partitions);
    this.next.clear();
    return Promise.resolve();
  }

  async process(batch: RecordBatch): Promise<StageOutput> {
    const extra = await this.onProcess(batch);
    this.seen.push(...batch.records.map(text));
    this.next.set(batch.partition, (batch.records.at(-1)?.offset ?? -1) + 1);
    const copies = batch.records.map(({ value }) => ({ topic: 'output', key: null, value }));
    return { effects: extra.effects ?? [], records: extra.records ?? copies };
  }

  tick(): Promise<StageOutput> {
    this.ticks += 1;
    return Promise.resolve(nothing);
  }

  committable({ partition }: TopicPartition): number | undefined {
    return this.next.get(partition);
  }
}
