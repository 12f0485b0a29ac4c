import { InvalidPropError } from '../core/errors';

const denominator = 100_000;

/**
 * A percentage as Envoy Gateway takes it, to a thousandth.
 *
 * @throws {InvalidPropError} if it is none, or too fine
 */
export function samplingFraction(prop: string, percent: number): { numerator: number; denominator: number } {
  const numerator = Math.round((percent * denominator) / 100);
  if (!(percent >= 0 && percent <= 100) || Math.abs(numerator / (denominator / 100) - percent) > 1e-9)
    throw new InvalidPropError(prop, percent, 'a percentage from 0 to 100, to a thousandth');
  return { numerator, denominator };
}
