/** Numbers from 0 to below 1 that follow from the seed: mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Puts numbers into an order that follows from `random`, in place. */
export function shuffle(numbers: Uint32Array, random: () => number): void {
  for (let left = numbers.length; left > 1; left -= 1) {
    const chosen = Math.floor(random() * left);
    const last = numbers[left - 1] ?? 0;
    numbers[left - 1] = numbers[chosen] ?? 0;
    numbers[chosen] = last;
  }
}
