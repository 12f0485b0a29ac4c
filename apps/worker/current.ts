import { readFileSync } from 'node:fs';

/** A value, or where it is looked up each time, because it may be another one then. */
export type Current<T extends string | object> = T | (() => T);

/** What it is now. */
export function currently<T extends string | object>(value: Current<T>): T {
  return isLookedUp(value) ? value() : value;
}

function isLookedUp<T extends string | object>(value: Current<T>): value is () => T {
  return typeof value === 'function';
}

/**
 * Text of a file that is replaced while the process runs, as a kubelet replaces those of a Secret. While it cannot be read, it is what
 * it was.
 *
 * @throws what reading it throws the first time, at once
 */
export function currentFile(path: string): () => string {
  let last = readFileSync(path, 'utf8');
  return () => {
    try {
      last = readFileSync(path, 'utf8');
    } catch {
      // Whoever connects with the old one learns soon enough whether it still holds.
    }
    return last;
  };
}
