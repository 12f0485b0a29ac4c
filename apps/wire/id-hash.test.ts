import { hashId } from './id-hash';

type Words = readonly [number, number, number, number];

/** The number as the words of an id in whose bytes it begins at a word, lowest byte first or last. */
function words(number: number, word: number, lowestFirst: boolean): Words {
  const bytes = new DataView(new ArrayBuffer(16));
  bytes.setUint32(word * 4, number, lowestFirst);
  return [bytes.getUint32(0, true), bytes.getUint32(4, true), bytes.getUint32(8, true), bytes.getUint32(12, true)];
}

describe('The hash of a trace id', () => {
  const places = [0, 1, 2, 3].flatMap((word) => [true, false].map((lowestFirst) => ({ word, lowestFirst })));

  it.each(places)('spreads ids that count up in word $word over a table, lowest first: $lowestFirst', (place) => {
    const slots = 4096;
    const taken = new Set<number>();
    for (let number = 0; number < slots; number += 1)
      taken.add(hashId(...words(number, place.word, place.lowestFirst)) & (slots - 1));
    // Of ids at random, 1 − 1/e of the places, 2589, with a standard deviation of 20.
    expect(taken.size).toBeGreaterThan(2350);
  });
});
