import { type PlainTrace } from '@plumbline/wire/testing';
import { type StreamRecord } from '@plumbline/worker';
import { Bench, checkouts, type Published, record, slow, start } from './testing-stage';

describe('a range', () => {
  const ranges = ({ stats }: Published): unknown =>
    stats.map(({ source: { firstOffset, lastOffset } }) => [firstOffset, lastOffset]);
  const at = (offset: number, seconds: number, traces: readonly PlainTrace[] = []): StreamRecord =>
    record(offset, traces, start, start + 1000 * seconds);

  test('is of neighbours whose record times lie in the same second', async () => {
    const published = await new Bench().run(at(1, 0), at(2, 0.4), at(3, 0.9), at(4, 1), at(5, 3.2), at(6, 3.9));
    expect(ranges(published)).toEqual([
      [1, 3],
      [4, 4],
      [5, 6],
    ]);
  });

  test('ends when record time falls, as it does when preprocessing begins anew', async () => {
    const published = await new Bench().run(at(1, 5), at(2, 2), at(3, 2.5), at(4, 5));
    expect(ranges(published)).toEqual([
      [1, 1],
      [2, 3],
      [4, 4],
    ]);
  });

  test('tells the newest record time of the partition, which does not fall with that of its records', async () => {
    const { stats } = await new Bench().run(at(1, 5), at(2, 2), at(3, 2.5), at(4, 7));
    expect(stats.map(({ source }) => ((source.recordTimeMs ?? 0) - start) / 1000)).toEqual([5, 5, 7]);
  });

  test('is not published before the record after it is here, and its verdicts are', async () => {
    const published = await new Bench().process(at(1, 0, checkouts(2, 20, slow)), at(2, 0.5));
    expect(published.stats).toEqual([]);
    expect(published.verdicts.length).toBeGreaterThan(15);
  });

  test('adds up what its records say', async () => {
    const [a, b] = [checkouts(2, 5), checkouts(3, 5, slow)];
    const together = await new Bench().run(at(1, 0, a), at(2, 0.5, b));
    const once = await new Bench().run(at(1, 0, [...a, ...b]));
    expect(together.stats).toEqual(
      once.stats.map((stats) => ({
        ...stats,
        source: { partition: 3, firstOffset: 1, lastOffset: 2, recordTimeMs: start + 500 },
      })),
    );
  });

  test('ends early when there are so many spans that a message would get too large', async () => {
    const span = { id: '1', service: 'api', operation: 'GET /', durationMs: 1 };
    const large = record(1, Array<PlainTrace>(70_000).fill({ eventTimeMs: start, spans: [span] })).value;
    const sizes = [1, 2, 3, 4].map((offset) => ({ ...at(offset, 0), value: large }));
    expect(ranges(await new Bench().run(...sizes, at(5, 0)))).toEqual([
      [1, 2],
      [3, 4],
      [5, 5],
    ]);
  });

  test('is the same for a worker that begins with it, and from the next second on for one that begins within it', async () => {
    const records = Array.from({ length: 40 }, (_, i) => at(i, i * 0.3, checkouts(i, 2, i % 3 === 0 ? slow : {})));
    const whole = await new Bench().run(...records);
    const starts = whole.stats.map(({ source }) => source.firstOffset);
    for (const [i, first] of starts.entries()) {
      const { stats } = await new Bench().run(...records.slice(first));
      expect(stats).toEqual(whole.stats.slice(i));
      if (i === starts.length - 1) continue;
      const within = await new Bench().run(...records.slice(first + 1));
      expect(within.stats.slice(-1)).toEqual(whole.stats.slice(-1));
    }
  });

  test('that is open keeps the commit from passing its first record', async () => {
    const bench = new Bench({ REMEMBER_SECONDS: '1' });
    const records = [at(0, 0), at(1, 1), at(2, 2), at(3, 4), at(4, 4.5), at(5, 4.9)];
    await bench.process(...records);
    expect(bench.stage.committable({ topic: 'traces-preprocessed', partition: 3 })).toBeLessThanOrEqual(3);
  });
});
