/**
 * Does something with every item, with so many at once at most.
 *
 * @returns what came of each, in the order of the items
 * @throws what the first that failed threw; items that were not begun then are left
 */
export async function concurrently<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  let hasFailed = false;
  const runners = Array.from({ length: Math.min(atOnce, items.length) }, async () => {
    for (const [index, item] of waiting) {
      if (hasFailed) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  });
  await Promise.all(runners);
  return results;
}

/** Requests to the API server at once. */
export const requestsAtOnce = 8;
