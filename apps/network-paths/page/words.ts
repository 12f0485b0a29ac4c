import { difference, type Addresses, type RouteChange } from '../routes/route';

/** `0.31 ms`, `41 ms`, `1.2 s`. */
export function duration(ms: number | undefined): string {
  if (ms === undefined) return '–';
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return ms >= 100 ? `${Math.round(ms)} ms` : `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
}

/** `0 %`, `3.3 %`, `100 %`. */
export function percent(share: number | undefined): string {
  if (share === undefined) return '–';
  const value = share * 100;
  return `${Number.isInteger(value) ? value : value.toFixed(1)} %`;
}

export const noAnswer = 'no answer';

/** A path as a text; ends of routers that do not answer are said. */
export function pathText(addresses: Addresses): string {
  return addresses.map((address) => address ?? noAnswer).join(', ');
}

/** What became different, in a sentence. */
export function changeText({ from, to }: Pick<RouteChange, 'from' | 'to'>): string {
  const { hop, before, after } = difference(from, to);
  const where = Math.max(before.length, after.length) < 2 ? `hop ${hop}` : `from hop ${hop} on`;
  if (before.length === 0) return `${where}, ${pathText(after)} came in between`;
  if (after.length === 0) return `${where}, ${pathText(before)} went away`;
  return `${where}, ${pathText(after)} instead of ${pathText(before)}`;
}

/** So many characters of a text, with its end, which tells addresses and names apart. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const tail = Math.floor((most - 1) / 2);
  return `${text.slice(0, most - 1 - tail)}…${text.slice(text.length - tail)}`;
}
