import type { Emission, Seen } from './emission-table';
import type { Activation } from './judge';
import { EmissionMemory } from './memory';
import { CommitLag } from './progress';

const minute = 60_000;
const megabyte = 1024 * 1024;
const seen: Seen = { activation: undefined, print: 1, counted: true };

function emission(id: number, revision = 1, retraction = false): Emission {
  const traceId = Buffer.alloc(16);
  traceId.writeUInt32LE(id, 12);
  return { traceId, trace: 0, revision, retraction };
}

describe('the memory of emissions', () => {
  test('knows what came in the last ten minutes of record time, and forgets what came long before', () => {
    const memory = new EmissionMemory(10 * minute, megabyte);
    memory.advance(0);
    memory.add(emission(1), seen);
    memory.advance(10 * minute - 1);
    expect(memory.find(emission(1))).toBeDefined();
    memory.advance(19 * minute);
    expect(memory.find(emission(1))).toBeDefined();
    memory.advance(20 * minute);
    expect(memory.find(emission(1))).toBeUndefined();
  });

  test('is not moved by a clock that goes back', () => {
    const memory = new EmissionMemory(minute, megabyte);
    memory.advance(10 * minute);
    memory.add(emission(1), seen);
    memory.advance(0);
    expect(memory.find(emission(1))).toBeDefined();
  });

  test('tells revisions apart, and an emission from what takes it back, and finds one wherever its id lies', () => {
    const memory = new EmissionMemory(minute, megabyte);
    const different = [
      emission(1),
      emission(1, 1, true),
      emission(1, 2),
      emission(1, 32_768),
      emission(1, 65_535),
      emission(2),
    ];
    for (const [print, each] of different.entries()) memory.add(each, { ...seen, print });
    expect(different.map((each) => memory.find(each)?.print)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(memory.size).toBe(6);
    const { traceId } = emission(2);
    const among = Buffer.concat([Buffer.alloc(32, 7), traceId]);
    expect(memory.find({ ...emission(2), traceId: among, trace: 2 })?.print).toBe(5);
  });

  test('keeps what is known of each through growth, and what each was judged to be', () => {
    const memory = new EmissionMemory(minute, 64 * megabyte);
    const activations = [1, 2, 3].map((effectiveFromMs) => ({ effectiveFromMs }) as Activation);
    const count = 20_000;
    for (let id = 0; id < count; id += 1) {
      const known = { activation: activations[id % 4], print: id, counted: id % 2 === 0 };
      memory.add(emission(id), known);
      if (id % 3 === 0) memory.judge(emission(id), id % 6 === 0);
    }
    for (let id = 0; id < count; id += 1) {
      expect(memory.find(emission(id))).toEqual({
        activation: activations[id % 4],
        print: id,
        counted: id % 2 === 0,
        ...(id % 3 === 0 ? { anomalous: id % 6 === 0 } : {}),
      });
    }
    expect(memory.find(emission(count))).toBeUndefined();
    memory.judge(emission(count), true);
    expect(memory.find(emission(count))).toBeUndefined();
  });

  test('takes no more than it may: the oldest are forgotten early, and counted', () => {
    const memory = new EmissionMemory(10 * minute, megabyte);
    const count = 100_000;
    let most = 0;
    for (let id = 0; id < count; id += 1) {
      memory.add(emission(id), seen);
      most = Math.max(most, memory.byteLength);
    }
    expect(most).toBeLessThanOrEqual(megabyte);
    expect(memory.size).toBeGreaterThan(10_000);
    expect(memory.forgottenEarly + memory.size).toBe(count);
    expect(memory.find(emission(count - 1))).toBeDefined();
    expect(memory.find(emission(count - 6_000))).toBeDefined();
    expect(memory.find(emission(0))).toBeUndefined();
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
