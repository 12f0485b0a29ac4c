/** TypeScript that is written as it is, or as it is where it begins so far from the margin. */
export class Code {
  constructor(readonly text: string | ((indent: string) => string)) {}
}

/** A property, and what the reader is told above it. */
export interface Property {
  readonly key: string;
  readonly value: unknown;
  readonly why?: string;
}

/** An object whose properties have comments. */
export class Commented {
  constructor(readonly properties: readonly Property[]) {}
}

const width = 120;

/**
 * A value as a literal, in the form that prettier gives it.
 *
 * @param around letters that stand before and after it in its line @default 32, for the name that it has
 */
export function literal(value: unknown, indent = '', around = 32): string {
  if (value instanceof Code) return typeof value.text === 'string' ? value.text : value.text(indent);
  if (typeof value === 'string') return quoted(value);
  if (value === null || typeof value !== 'object') return String(value);
  const inner = `${indent}  `;
  if (value instanceof Commented) {
    if (value.properties.length === 0) return '{}';
    const lines = value.properties.flatMap(({ key, value: each, why }) => [
      ...(why === undefined ? [] : [`${inner}// ${why}`]),
      `${inner}${named(key)}: ${literal(each, inner)},`,
    ]);
    return ['{', ...lines, `${indent}}`].join('\n');
  }
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map((each) => literal(each, inner))
    : Object.entries(value).map(([key, each]) => `${named(key)}: ${literal(each, inner)}`);
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  if (parts.length === 0) return `${open}${close}`;
  const space = isList ? '' : ' ';
  const line = `${open}${space}${parts.join(', ')}${space}${close}`;
  if (!line.includes('\n') && indent.length + line.length + around <= width) return line;
  return [open, ...parts.map((part) => `${inner}${part},`), `${indent}${close}`].join('\n');
}

/** In single quotes, as the names of a cluster are never ours to choose. */
export function quoted(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

function named(key: string): string {
  return /^[a-z_$][\w$]*$/i.test(key) ? key : quoted(key);
}
