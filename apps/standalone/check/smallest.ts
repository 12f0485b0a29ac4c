/** How often a size is found before it is named. */
export const timesFound = 2;

/** Trials of so many sizes at most, unless one is not found again. */
export function trialsOf(sizes: number): number {
  return Math.ceil(Math.log2(sizes + 1)) + timesFound - 1;
}

/**
 * Searches for the smallest size that is found, by halving the sizes between the largest that was missed and the smallest that was found.
 * The smallest of several that were tried once each is likely to have had luck, so it counts only if it is found again; else the next is
 * tried.
 *
 * @param sizes how many there are, smallest first
 * @param find tries the size at an index; what it yields is passed on
 * @returns index of the smallest that was found {@link timesFound} times, or `sizes`
 */
export function* smallestFound<T>(sizes: number, find: (index: number) => Generator<T, boolean>): Generator<T, number> {
  const found = new Array<number>(sizes).fill(0);
  const isFound = function* (index: number): Generator<T, boolean> {
    const right = yield* find(index);
    if (right) found[index] = (found[index] ?? 0) + 1;
    return right;
  };
  let [low, high] = [0, sizes];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (yield* isFound(middle)) high = middle;
    else low = middle + 1;
  }
  while (high < sizes && (found[high] ?? 0) < timesFound) {
    if (!(yield* isFound(high))) high += 1;
  }
  return high;
}
