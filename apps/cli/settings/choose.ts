import { UsageError } from '../errors';
import { nearest } from './nearest';

/**
 * The checks that are left of `--only` and `--skip`, in their order.
 *
 * @throws {UsageError} for names that no check has, or if none is left
 */
export function chosenByName<T extends { readonly name: string }>(
  checks: readonly T[],
  only: readonly string[] | undefined,
  skip: readonly string[] = [],
): readonly T[] {
  const known = checks.map(({ name }) => name);
  for (const name of [...(only ?? []), ...skip]) {
    if (known.includes(name)) continue;
    const close = nearest(name, known);
    throw new UsageError(
      `there is no check "${name}"; ${close === undefined ? `there are ${known.join(', ')}` : `did you mean ${close}?`}`,
    );
  }
  const left = checks.filter(({ name }) => (only?.includes(name) ?? true) && !skip.includes(name));
  if (left.length === 0) throw new UsageError('no check is left of --only and --skip');
  return left;
}

/** Names with commas between them. */
export function names(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}
