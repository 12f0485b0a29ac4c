import { createHash } from 'node:crypto';

/** Ten hexadecimal digits that change with the content; the order of keys does not matter. */
export function contentHash(content: unknown): string {
  const digest = createHash('sha256')
    .update(JSON.stringify(sorted(content)))
    .digest('hex')
    .slice(0, 10);
  // A name that ends in letters only could be a word; the hash is meant to be seen as one.
  return /\d/.test(digest) ? digest : `${digest.slice(0, 9)}0`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => compareText(a, b))
      .map(([key, item]) => [key, sorted(item)]),
  );
}

/** Order by code unit, the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
