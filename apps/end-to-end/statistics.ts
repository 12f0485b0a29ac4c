import { topics } from '@plumbline/contracts';
import { decodeWindowStats, emptyTable, mergeTable, WindowCollector, type StatsTable } from '@plumbline/wire';
import type { EventStream } from '@plumbline/worker';

/** What `window-stats` says in all. */
export interface Statistics {
  readonly table: StatsTable;
  /** No window with an earlier end is open any more. Milliseconds since the epoch. */
  readonly watermarkMs: number;
  /** Records that were there twice and were recognized. */
  readonly repeated: number;
  /** Records that were there in part, of which nothing was counted. */
  readonly overlapping: number;
  /** Partitions whose offsets began again, because the topic was made anew. */
  readonly remade: number;
  /** Highest offset of `traces-preprocessed` that detection has dealt with, by partition. */
  readonly positions: ReadonlyMap<number, number>;
}

/** Folds the whole topic through a {@link WindowCollector}, as root cause and training do, and sums the closed windows. */
export async function statistics(stream: EventStream, partitions: number): Promise<Statistics> {
  const collector = new WindowCollector(partitions);
  await stream.readAll(topics.windowStats.name, ({ value }) => {
    if (value !== null) collector.add(decodeWindowStats(value));
  });
  const table = emptyTable();
  for (const { stats } of collector.takeClosed()) mergeTable(table, stats);
  const { watermarkMs, repeated, overlapping, remade } = collector;
  return { table, watermarkMs, repeated, overlapping, remade, positions: collector.positions() };
}

/** Spans that the statistics count, each operation's summed. */
export function countedSpans({ table }: Statistics): number {
  let count = 0;
  for (const { all } of table.operations.values()) count += all.count;
  return count;
}
