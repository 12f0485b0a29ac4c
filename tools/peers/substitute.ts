import { AddressNotFoundError } from './errors';

/**
 * Replaces addresses, ports and paths of a rendered configuration by those of this machine, all at once, so that a
 * replacement is never replaced again. A key matches whole: `tempo:4317` matches neither in `my-tempo:4317` nor in
 * `tempo:43170`.
 *
 * @param table what stands in the text → what takes its place
 * @throws {AddressNotFoundError} naming the keys that do not occur
 */
export function substituteAddresses(text: string, table: Readonly<Record<string, string>>): string {
  const keys = Object.keys(table).sort((a, b) => b.length - a.length);
  if (keys.length === 0) return text;
  const unseen = new Set(keys);
  const substituted = text.replace(new RegExp(keys.map(whole).join('|'), 'g'), (found) => {
    unseen.delete(found);
    return table[found] ?? found;
  });
  if (unseen.size > 0) throw new AddressNotFoundError([...unseen]);
  return substituted;
}

function whole(key: string): string {
  const before = /^\w/.test(key) ? '(?<![\\w.-])' : '';
  const after = /\w$/.test(key) ? '(?![\\w-]|\\.\\w)' : '';
  return before + key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') + after;
}
