import { Yaml } from 'cdk8s';

/*
 * The YAML that `Yaml.stringify` of cdk8s writes, byte for byte, in a quarter of its time, which was a third of what it took to render an
 * environment. Of what is rare it knows nothing, and leaves such a document to `Yaml.stringify`.
 */

/** Thrown within: that a document has something which is not written here. */
class NotWrittenHere extends Error {}

/** Documents as one text, with `---` between them. */
export function writeYaml(documents: readonly unknown[]): string {
  return documents.map(written).join('---\n');
}

function written(document: unknown): string {
  if (!isCollection(document)) return Yaml.stringify(document);
  try {
    const lines: string[] = [];
    block(document, '', lines, new Set());
    return `${lines.join('\n')}\n`;
  } catch (error) {
    if (error instanceof NotWrittenHere) return Yaml.stringify(document);
    throw error;
  }
}

type Collection = readonly unknown[] | Readonly<Record<string, unknown>>;

function isCollection(value: unknown): value is Collection {
  return typeof value === 'object' && value !== null;
}

/** A collection, from the beginning of a line on. @param above those that it is in, or that were before: the same again would be an alias */
function block(collection: Collection, indent: string, lines: string[], above: Set<Collection>): void {
  if (above.has(collection)) throw new NotWrittenHere();
  above.add(collection);
  if (Array.isArray(collection)) {
    if (collection.length === 0) lines.push(`${indent}[]`);
    for (const item of collection as readonly unknown[]) listItem(item, indent, lines, above);
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(collection);
  if (prototype !== Object.prototype && prototype !== null) throw new NotWrittenHere();
  const entries = Object.entries(collection);
  if (entries.length === 0) lines.push(`${indent}{}`);
  for (const [key, value] of entries) mapEntry(key, value, indent, lines, above);
}

function listItem(item: unknown, indent: string, lines: string[], above: Set<Collection>): void {
  if (!isCollection(item)) {
    lines.push(`${indent}- ${scalar(item, `${indent}  `)}`);
    return;
  }
  // Its first line stands behind the dash.
  const from = lines.length;
  block(item, `${indent}  `, lines, above);
  lines[from] = `${indent}- ${(lines[from] ?? '').slice(indent.length + 2)}`;
}

function mapEntry(key: string, value: unknown, indent: string, lines: string[], above: Set<Collection>): void {
  // A long key has a line of its own, and `<<` is more than a name.
  if (key.includes('\n') || key.length > 1000 || key === '<<') throw new NotWrittenHere();
  const name = `${indent}${oneLine(key)}:`;
  if (!isCollection(value)) {
    lines.push(`${name} ${scalar(value, `${indent}  `)}`);
    return;
  }
  const from = lines.length;
  block(value, `${indent}  `, lines, above);
  if (lines.length === from + 1 && /^ *(\[\]|\{\})$/.test(lines[from] ?? ''))
    lines[from] = `${name} ${(lines[from] ?? '').trimStart()}`;
  else lines.splice(from, 0, name);
}

function scalar(value: unknown, indent: string): string {
  if (typeof value === 'string') return value.includes('\n') ? literal(value, indent) : oneLine(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : Yaml.stringify(value).trimEnd();
  throw new NotWrittenHere();
}

/** Words that are taken for something else than text: `e1` for a number. */
const reserved = /^(?:y|n|yes|no|on|off|true|false|null|e[-+]?\d+)$/i;
/** What surely needs no quotes: begins with a letter or a slash, and has a colon only within a word, a blank only between words. */
const plain = /^[A-Za-z/](?:[\w./=@+,()<>~^$*?;!&|'"%{}[\]\\-]|:(?=\S)| (?=[^\s#]))*$/;
const known = new Map<string, string>();

function oneLine(text: string): string {
  if (plain.test(text) && !reserved.test(text)) return text;
  const found = known.get(text);
  if (found !== undefined) return found;
  // In front of a document these have a meaning of their own.
  if (text.startsWith('---') || text.startsWith('...')) throw new NotWrittenHere();
  const line = Yaml.stringify(text).slice(0, -1);
  if (line.includes('\n')) throw new NotWrittenHere();
  known.set(text, line);
  return line;
}

const quoted = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u{D800}-\u{DFFF}]/u;

function literal(text: string, indent: string): string {
  // Blanks at either end are said in the head of a literal.
  if (!/^\S/.test(text) || !/\S\n?$/.test(text) || quoted.test(text)) throw new NotWrittenHere();
  const ends = text.endsWith('\n');
  const body = ends ? text.slice(0, -1) : text;
  return `|${ends ? '' : '-'}\n${indent}${body.replace(/\n+/g, `$&${indent}`)}`;
}
