import fc from 'fast-check';
import { ByteArena } from './byte-arena';
import { DueQueue, type Due } from './due-queue';
import { ForgottenTraces } from './forgotten-traces';
import { IdTable } from './id-table';
import { KeySet } from './key-set';

const idOf = (number: number) => {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(number, 12);
  return { view: new DataView(bytes.buffer, bytes.byteOffset, 16) };
};

describe('table of trace ids', () => {
  it('does what a Map does, whatever is set and deleted', () => {
    const step = fc.record({ id: fc.nat(300), value: fc.nat(1000), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 3000 }), (steps) => {
        const table = new IdTable();
        const map = new Map<number, number>();
        for (const { id, value, remove } of steps) {
          const { view } = idOf(id);
          if (remove) {
            table.delete(view, 0);
            map.delete(id);
          } else {
            table.set(view, 0, value);
            map.set(id, value);
          }
          expect(table.size).toBe(map.size);
        }
        for (let id = 0; id <= 300; id += 1) expect(table.get(idOf(id).view, 0)).toBe(map.get(id) ?? -1);
      }),
      { numRuns: 50 },
    );
  });
});

describe('set of keys', () => {
  it('does what a Set does, through growth, whatever half of a key is like', () => {
    const key = fc.record({ high: fc.oneof(fc.nat(5), fc.integer()), low: fc.oneof(fc.nat(50), fc.integer()) });
    // The lowest bit of the second word says that a place is taken.
    const text = ({ high, low }: { readonly high: number; readonly low: number }) => `${high >>> 0} ${(low | 1) >>> 0}`;
    fc.assert(
      fc.property(fc.array(key, { maxLength: 3000 }), fc.array(key), (added, others) => {
        const keys = new KeySet();
        const set = new Set<string>();
        for (const each of added) {
          keys.add(each.high, each.low);
          set.add(text(each));
          expect(keys.size).toBe(set.size);
        }
        for (const each of [...added, ...others]) expect(keys.has(each.high, each.low)).toBe(set.has(text(each)));
        expect(keys.byteLength).toBeGreaterThan(set.size * 8);
      }),
      { numRuns: 30 },
    );
  });
});

describe('forgotten traces', () => {
  it('are remembered by their last revision until too many came after them', () => {
    const forgotten = new ForgottenTraces(2048, 1e9);
    for (let i = 1; i <= 5000; i += 1) forgotten.add(idOf(i).view, 0, i % 100 || 1, i);
    expect(forgotten.revision(idOf(5000 - 2047).view, 0)).toBe((5000 - 2047) % 100);
    expect(forgotten.revision(idOf(5000 - 2048).view, 0)).toBe(0);
  });

  it('are remembered for so long and no longer', () => {
    const forgotten = new ForgottenTraces(1024, 1000);
    forgotten.add(idOf(1).view, 0, 3, 0);
    forgotten.add(idOf(2).view, 0, 1, 1000);
    expect(forgotten.revision(idOf(1).view, 0)).toBe(3);
    forgotten.add(idOf(3).view, 0, 1, 1001);
    expect(forgotten.revision(idOf(1).view, 0)).toBe(0);
  });

  it('are remembered anew when they are forgotten again', () => {
    const forgotten = new ForgottenTraces(1024, 1000);
    forgotten.add(idOf(1).view, 0, 1, 0);
    forgotten.add(idOf(1).view, 0, 32_768, 900);
    forgotten.add(idOf(2).view, 0, 1, 1500);
    expect(forgotten.revision(idOf(1).view, 0)).toBe(32_768);
  });
});

describe('due queue', () => {
  it('gives out what is due by time and then by sequence, at its last time only', () => {
    const step = fc.record({ item: fc.nat(20), dueMs: fc.nat(100) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new DueQueue<Due>();
        const items = Array.from({ length: 21 }, (_, sequence) => ({ sequence, dueMs: Infinity }));
        for (const { item, dueMs } of steps) {
          const due = items[item];
          if (due !== undefined) queue.schedule(due, dueMs);
        }
        const expected = items
          .filter(({ dueMs }) => dueMs <= 50)
          .sort((a, b) => a.dueMs - b.dueMs || a.sequence - b.sequence);
        const taken: Due[] = [];
        for (let item = queue.takeDue(50); item !== undefined; item = queue.takeDue(50)) {
          taken.push({ ...item });
          item.dueMs = Infinity;
        }
        expect(taken.map(({ sequence }) => sequence)).toEqual(expected.map(({ sequence }) => sequence));
      }),
    );
  });
});

describe('a due queue that was compacted', () => {
  it('holds on to nothing that was forgotten, and gives out the rest as before', () => {
    const queue = new DueQueue<Due>();
    const items = Array.from({ length: 20_000 }, (_, sequence) => ({ sequence, dueMs: Infinity }));
    for (const item of items) queue.schedule(item, (item.sequence * 7919) % 1000);
    for (const item of items) if (item.sequence % 100 !== 0) item.dueMs = Infinity;
    queue.compact(200);
    expect(queue.length).toBe(200);
    const taken: number[] = [];
    for (let item = queue.takeDue(1000); item !== undefined; item = queue.takeDue(1000)) taken.push(item.dueMs);
    expect(taken).toEqual([...taken].sort((a, b) => a - b));
    expect(taken).toHaveLength(200);
  });

  it('is left as it is while most of it counts', () => {
    const queue = new DueQueue<Due>();
    for (let sequence = 0; sequence < 10_000; sequence += 1) queue.schedule({ sequence, dueMs: Infinity }, sequence);
    queue.compact(5000);
    expect(queue.length).toBe(10_000);
  });
});

describe('byte arena', () => {
  it('gives back every piece as it was until it is released, and takes no more than is held', () => {
    const arena = new ByteArena();
    const held: { block: number; at: number; bytes: Uint8Array }[] = [];
    for (let i = 0; i < 2000; i += 1) {
      const bytes = new Uint8Array(i === 700 ? 500_000 : 1000 + (i % 7)).fill(i % 251);
      arena.add(bytes, new DataView(bytes.buffer), 0, bytes.length);
      held.push({ block: arena.block, at: arena.at, bytes });
      const oldest = held.length > 300 ? held.shift() : undefined;
      if (oldest !== undefined) arena.release(oldest.block);
    }
    for (const { block, at, bytes } of held) {
      expect(Buffer.compare(arena.bytesOf(block).subarray(at, at + bytes.length), bytes)).toBe(0);
    }
    expect(arena.byteLength).toBeLessThanOrEqual(4 * 256 * 1024);
    for (const { block } of held) arena.release(block);
    expect(arena.byteLength).toBe(256 * 1024);
  });
});
