import { placeOf, saltOf } from './split';

/** Ids of 16 bytes that count up, as those of 64 bits do that are padded with zeros. */
function countingIds(count: number): Uint8Array {
  const ids = Buffer.alloc(count * 16);
  for (let i = 0; i < count; i += 1) ids.writeUInt32BE(i, i * 16 + 12);
  return ids;
}

describe('the place of a trace', () => {
  const count = 20_000;
  const ids = countingIds(count);
  const below = (share: number, salt: number) =>
    Array.from({ length: count }, (_, trace) => placeOf(ids, trace, salt) < share);

  test.each([0.01, 0.3, 0.9])('is below a share of %d in as many of the traces, also where ids only count', (share) => {
    const chosen = below(share, saltOf('000002-a')).filter((is) => is).length;
    const spread = Math.sqrt((share * (1 - share)) / count);
    expect(Math.abs(chosen / count - share)).toBeLessThan(5 * spread);
  });

  test('has nothing to do with where it was in another experiment', () => {
    const [one, other] = [below(0.5, saltOf('000002-a')), below(0.5, saltOf('000003-b'))];
    const both = one.filter((is, trace) => is && other[trace]).length;
    expect(both / count).toBeGreaterThan(0.23);
    expect(both / count).toBeLessThan(0.27);
  });

  test('is the same on every machine', () => {
    // Of MurmurHash3_x86_32 as published: its known answers hold for the code that gave these.
    expect(placeOf(new Uint8Array(16), 0, 0) * 2 ** 32).toBe(0x8134cdf8);
    const counting = Uint8Array.from({ length: 32 }, (_, byte) => byte % 16);
    expect(placeOf(counting, 1, 42) * 2 ** 32).toBe(0xda27e4eb);
  });
});
