import type { KubeObject } from '../../constructs/invariants';
import { sizeOf, type Load } from '../../constructs/sizing';
import { givenTo, quantities, type Quantity } from './given';

/** Where a component is given less than its load needs. */
export interface Shortfall {
  readonly component: string;
  readonly quantity: Quantity;
  readonly given: number;
  readonly needed: number;
}

/** What is small whatever comes, and rounded: less than a twentieth is no shortfall. */
const tolerated = 0.95;

/** Components of what is rendered that are too small for a load. What is not there is not asked for. */
export function shortfallsOf(objects: readonly KubeObject[], load: Load): readonly Shortfall[] {
  return sizeOf(load).components.flatMap((size) => {
    const given = givenTo(objects, size.name);
    if (given === undefined) return [];
    return quantities.flatMap((quantity) => {
      const needed = size.replicas * size[quantity];
      // Without a claim it keeps what it has elsewhere, or somebody else does.
      if (given[quantity] >= needed * tolerated || (quantity === 'diskBytes' && given.diskBytes === 0)) return [];
      return [{ component: size.name, quantity, given: given[quantity], needed }];
    });
  });
}

/**
 * The most spans a second that fit, all else as in a load.
 *
 * @param part only what of what is rendered counts. @default - all of it
 * @returns 0 if not even one fits
 */
export function mostSpans(
  objects: readonly KubeObject[],
  load: Load,
  counts: (shortfall: Shortfall) => boolean = () => true,
): number {
  return most((spansPerSecond) => !shortfallsOf(objects, { ...load, spansPerSecond }).some(counts));
}

/** The most samples a second that fit, as {@link mostSpans} does. */
export function mostSamples(
  objects: readonly KubeObject[],
  load: Load,
  counts: (shortfall: Shortfall) => boolean = () => true,
): number {
  return most((samplesPerSecond) => !shortfallsOf(objects, { ...load, samplesPerSecond }).some(counts));
}

function most(fits: (perSecond: number) => boolean): number {
  let [low, high] = [0, 1_000_000];
  if (!fits(1)) return 0;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}
