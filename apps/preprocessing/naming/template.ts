/** Longest name that is looked at, characters. */
const maxNameLength = 512;

const query = /[?#][^\s]*/g;
const origin = /\bhttps?:\/\/[^\s/]+/gi;
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const email = /[\w.+%-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}/g;
/** What stands between separators; dots stay inside, so that versions and host names are one token. */
const token = /[^\s/\\,;:=()[\]{}<>"'|&-]+/g;

/**
 * A span name without what tells one request from another, so that names of one operation are equal: identifiers become
 * `{uuid}`, `{email}`, `{hex}` and `{id}`; queries and origins of URLs go.
 */
export function templateName(name: string): string {
  return name
    .slice(0, maxNameLength)
    .replace(origin, '')
    .replace(query, (text, at: number, whole: string) => (isPath(whole, at) ? '' : text))
    .replace(uuid, '{uuid}')
    .replace(email, '{email}')
    .replace(token, (text, at: number, whole: string) =>
      inPlaceholder(whole, at, text.length) ? text : templateToken(text),
    )
    .trim();
}

/** A question mark after a path begins a query; elsewhere it belongs to the name, as in `exists?`. */
function isPath(whole: string, at: number): boolean {
  const begin = whole.lastIndexOf(' ', at) + 1;
  return whole.slice(begin, at).includes('/');
}

function inPlaceholder(whole: string, at: number, length: number): boolean {
  return whole[at - 1] === '{' && whole[at + length] === '}';
}

function templateToken(text: string): string {
  if (/^\d+$/.test(text)) return '{id}';
  if (!/\d/.test(text)) return text;
  if (/^(?:0x)?[0-9a-f]{8,}$/i.test(text)) return '{hex}';
  // ULIDs, object ids in base 32 or 64 and the like: long, without a separator, digits among letters.
  if (text.length >= 20 && /^\w+$/.test(text) && (text.match(/\d/g)?.length ?? 0) >= 3) return '{id}';
  return text;
}
