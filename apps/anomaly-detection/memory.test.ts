import { emissionKey, EmissionMemory } from './memory';
import { CommitLag } from './progress';

const minute = 60_000;
const seen = { activation: undefined, spans: 1, counted: true };

describe('the memory of emissions', () => {
  test('knows what came in the last ten minutes of record time, and forgets what came long before', () => {
    const memory = new EmissionMemory(10 * minute);
    memory.advance(0);
    memory.add('early', seen);
    memory.advance(10 * minute - 1);
    expect(memory.find('early')).toBeDefined();
    memory.advance(19 * minute);
    expect(memory.find('early')).toBeDefined();
    memory.advance(20 * minute);
    expect(memory.find('early')).toBeUndefined();
  });

  test('is not moved by a clock that goes back', () => {
    const memory = new EmissionMemory(minute);
    memory.advance(10 * minute);
    memory.add('a', seen);
    memory.advance(0);
    expect(memory.find('a')).toBeDefined();
  });

  test('tells revisions apart, and an emission from what takes it back', () => {
    const ids = Buffer.alloc(32, 7);
    const keys = [
      emissionKey(ids, 0, 1, false),
      emissionKey(ids, 0, 1, true),
      emissionKey(ids, 0, 2, false),
      emissionKey(ids, 0, 32_768, false),
    ];
    expect(new Set(keys).size).toBe(4);
    expect(emissionKey(ids, 1, 1, false)).toBe(keys[0]);
  });
});

describe('the commit', () => {
  test('lags by the memory: after it, everything remembered comes again', () => {
    const lag = new CommitLag(10 * minute);
    expect(lag.committable).toBeUndefined();
    const timeOf = (offset: number) => offset * 500;
    for (let offset = 0; offset < 3000; offset += 1) lag.add(offset, timeOf(offset));
    const committable = lag.committable ?? -1;
    const now = timeOf(2999);
    expect(timeOf(committable)).toBeLessThanOrEqual(now - 10 * minute);
    expect(timeOf(committable)).toBeGreaterThan(now - 10 * minute - 2000);
  });

  test('promises nothing until the first record of a partition is old', () => {
    const lag = new CommitLag(10 * minute);
    for (let offset = 40; offset < 100; offset += 1) lag.add(offset, offset);
    expect(lag.committable).toBeUndefined();
    lag.add(100, 10 * minute + 2000);
    lag.add(101, 21 * minute);
    expect(lag.committable).toBe(100);
  });

  test('tells what was dealt with before it, and what was not', () => {
    const lag = new CommitLag(minute);
    const timeOf = (offset: number) => offset * 500;
    let offset = 0;
    for (; offset < 1000; offset += 1) lag.add(offset, timeOf(offset));
    const restarted = new CommitLag(minute);
    const repeating: number[] = [];
    for (let again = lag.committable ?? 0; again < offset + 500; again += 1) {
      restarted.add(again, timeOf(again));
      if (restarted.isRepeating) repeating.push(again);
    }
    expect(repeating[0]).toBe(lag.committable);
    expect(repeating.at(-1)).toBeLessThan(offset);
    expect(repeating.length).toBeGreaterThan(100);
  });

  test('takes nothing for dealt with when it reads a log from its beginning', () => {
    const lag = new CommitLag(minute);
    lag.add(0, 0);
    expect(lag.isRepeating).toBe(false);
  });
});
