import { inspect } from 'node:util';

/** A request or an answer that is not what it should be. */
export class FieldError extends Error {
  override readonly name = 'FieldError';
  readonly status = 400;

  constructor(key: string, wanted: string, value: unknown) {
    super(`${key} should be ${wanted}, got ${inspect(value, { depth: 0 }).slice(0, 80)}`);
  }
}

function fieldOf(from: unknown, key: string): unknown {
  return typeof from === 'object' && from !== null
    ? new Map<string, unknown>(Object.entries(from)).get(key)
    : undefined;
}

/** A string field of at most 200 characters. @throws FieldError */
export function readText(from: unknown, key: string): string {
  const value = fieldOf(from, key);
  if (typeof value !== 'string' || value.length === 0 || value.length > 200)
    throw new FieldError(key, 'a short text', value);
  return value;
}

/** A non-negative integer field. @throws FieldError */
export function readCount(from: unknown, key: string): number {
  const value = fieldOf(from, key);
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new FieldError(key, 'a count', value);
  return value;
}

/** A list field of at most 1,000 items. @throws FieldError */
export function readList<T>(from: unknown, key: string, read: (item: unknown) => T): T[] {
  const value = fieldOf(from, key);
  if (!Array.isArray(value) || value.length > 1000) throw new FieldError(key, 'a list', value);
  return value.map(read);
}
