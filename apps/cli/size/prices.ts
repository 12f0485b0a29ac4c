import { readFileSync } from 'node:fs';
import type { Prices } from '@plumbline/sizing';
import { parse } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../errors';
import { priceExample } from './example';

const price = z.number().min(0);
const schema = z.strictObject({
  currency: z.string().min(1).max(8),
  core: price,
  memoryGibibyte: price,
  diskGibibyte: price,
  objectGibibyte: price,
});

/**
 * Reads a table of prices, JSON or YAML.
 *
 * @throws {UsageError} naming what is missing or cannot be
 */
export function readPrices(file: string): Prices {
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--prices ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { data, error } = schema.safeParse(content);
  if (data !== undefined) return data;
  const [issue] = error.issues;
  throw new UsageError(
    `--prices ${file}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}; it is like ${priceExample}`.replace(
      / +/g,
      ' ',
    ),
  );
}
