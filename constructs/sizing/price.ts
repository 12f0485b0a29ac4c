import type { ComponentSize } from './component-size';
import { SizingError } from './sizing-error';
import { gibibyte } from './units';

/** What things cost in a month. */
export interface Prices {
  /** As people write it, such as `USD`. */
  readonly currency: string;
  readonly core: number;
  /** Of memory. */
  readonly memoryGibibyte: number;
  /** Of volumes. */
  readonly diskGibibyte: number;
  /** Of an object store that is somebody else's; of one in the cluster the volume counts. */
  readonly objectGibibyte: number;
}

/**
 * Round figures of the order of what large clouds list for machines by the hour, network disks and object stores. Nobody's offer: give a table of
 * your own for more than an order of magnitude. Requests and traffic are not in it.
 */
export const roundPrices: Prices = {
  currency: 'USD',
  core: 25,
  memoryGibibyte: 3,
  diskGibibyte: 0.1,
  objectGibibyte: 0.023,
};

/** What of a component is paid for, in a month. */
export function monthlyPrice(size: ComponentSize, prices: Prices, objectsElsewhere = false): number {
  const { replicas, cores, memoryBytes, diskBytes, objectBytes } = size;
  const each = cores * prices.core + (memoryBytes * prices.memoryGibibyte + diskBytes * prices.diskGibibyte) / gibibyte;
  return replicas * each + (objectsElsewhere ? (objectBytes * prices.objectGibibyte) / gibibyte : 0);
}

/** @throws {SizingError} if a price is negative or no number */
export function checkPrices(prices: Prices): Prices {
  for (const [name, value] of Object.entries(prices))
    if (name !== 'currency' && (typeof value !== 'number' || !Number.isFinite(value) || value < 0))
      throw new SizingError(`prices.${name}`, value, 'a number of 0 or more');
  return prices;
}
