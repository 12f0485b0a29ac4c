import type { Size } from '@plumbline/standalone';
import { UsageError } from '../errors';

/** Sizes that are tried unless others are given: from what a user hardly notices to what nobody misses. */
export const defaultSizes = '10ms,20ms,50ms,100ms,200ms,500ms,1000ms';
export const defaultShares = '2%,5%,10%,20%,50%,100%';

/**
 * Reads a list of slowdowns, `50ms` more or `x3` as much, all of one form.
 *
 * @throws {UsageError} naming what cannot be read
 */
export function parseSlowdowns(text: string): Size[] {
  const sizes = text.split(',').map((item) => {
    const [, added, times] = /^(?:(\d{1,6}(?:\.\d+)?)ms|x(\d{1,4}(?:\.\d+)?))$/.exec(item.trim()) ?? [];
    if (added !== undefined && Number(added) > 0) return { addedMs: Number(added) };
    if (times !== undefined && Number(times) > 1) return { times: Number(times) };
    throw new UsageError(`--sizes: ${JSON.stringify(item)} is no slowdown; give them like 50ms, or like x3`);
  });
  if (new Set(sizes.map((size) => 'addedMs' in size)).size > 1) {
    throw new UsageError(`--sizes ${text}: milliseconds and multiples cannot be put in one order; give either`);
  }
  return ascending(sizes);
}

/**
 * Reads a list of shares of traces, such as `5%`.
 *
 * @throws {UsageError} naming what cannot be read
 */
export function parseShares(text: string): Size[] {
  return ascending(
    text.split(',').map((item) => {
      const percent = Number(/^(\d{1,3}(?:\.\d+)?)%$/.exec(item.trim())?.[1]);
      if (percent > 0 && percent <= 100) return { share: percent / 100 };
      throw new UsageError(`--shares: ${JSON.stringify(item)} is no share; give them like 5%`);
    }),
  );
}

export function formatSize(size: Size): string {
  if ('addedMs' in size) return `+${size.addedMs} ms`;
  if ('times' in size) return `×${size.times}`;
  return `${Number((size.share * 100).toPrecision(3))} %`;
}

function ascending(sizes: readonly Size[]): Size[] {
  const value = (size: Size) => ('addedMs' in size ? size.addedMs : 'times' in size ? size.times : size.share);
  return [...sizes].sort((a, b) => value(a) - value(b));
}
