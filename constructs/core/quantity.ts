import { InvalidPropError } from './errors';

const factors: Readonly<Record<string, number>> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/**
 * A Kubernetes quantity as a number: cores of CPU, bytes of memory.
 *
 * @throws {InvalidPropError} if `text` is no quantity
 */
export function quantityValue(prop: string, text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(text) ?? [];
  const factor = factors[unit];
  if (digits === undefined || factor === undefined) {
    throw new InvalidPropError(prop, text, 'a quantity such as 250m, 512Mi or 2');
  }
  return Number(digits) * factor;
}

/** A share of a memory quantity in whole mebibytes, rounded down. */
export function mebibytes(prop: string, text: string, share = 1): number {
  return Math.floor((quantityValue(prop, text) * share) / 2 ** 20);
}
