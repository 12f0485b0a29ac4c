/** Largest share of normal values from which the tail beyond them is estimated. */
const tailShare = 0.1;
/** Normal values above which their own number is too small to count in. */
const tailSupport = 10;

/**
 * How often normal traffic gets a value or a larger one. Among the values of normal traces it is (1 + #{normal ≥ v})/(n + 1), which is
 * valid whatever their distribution (Vovk et al. 2005), linear in its logarithm from one value to the next; above the tenth largest
 * it goes on exponentially with the mean excess over the 90th percentile (Pickands 1975), so that values which no normal trace
 * reached are still in order.
 */
export class FalseAlarms {
  /** Different values, rising, with ln of how often they are reached. */
  private readonly values: number[] = [];
  private readonly logRates: number[] = [];
  /** Mean by which the largest values exceed the value that the tail begins with. */
  private readonly scale: number;

  /** @param normal values of normal traces that nothing was learnt from by which they were judged; at least one */
  constructor(normal: readonly number[]) {
    const sorted = [...normal].sort((a, b) => a - b);
    const n = sorted.length;
    const tail = Math.max(0, Math.floor(n - Math.max(tailSupport, tailShare * n)));
    const start = sorted[tail] ?? 0;
    const excess = sorted.slice(tail).reduce((sum, value) => sum + value - start, 0) / Math.max(1, n - tail);
    this.scale = Math.max(excess, 1e-3);
    const anchor = sorted[Math.max(0, n - tailSupport)] ?? 0;
    for (const [i, value] of sorted.entries()) {
      if (value > anchor) break;
      if (value === this.values.at(-1)) continue;
      this.values.push(value);
      this.logRates.push(Math.log((1 + n - i) / (n + 1)));
    }
  }

  /** Share of normal traces with this value or a larger one, above 0 and at most 1. */
  rate(value: number): number {
    return Math.exp(this.logRate(value));
  }

  private logRate(value: number): number {
    const { values, logRates } = this;
    const last = values.length - 1;
    const [anchor, anchorRate] = [values[last] ?? 0, logRates[last] ?? 0];
    if (value >= anchor) return anchorRate - (value - anchor) / this.scale;
    let [low, high] = [0, last];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    const [above, rateAbove] = [values[low] ?? 0, logRates[low] ?? 0];
    if (low === 0) return value === above ? rateAbove : 0;
    const [below, rateBelow] = [values[low - 1] ?? 0, logRates[low - 1] ?? 0];
    return rateBelow + ((value - below) / (above - below)) * (rateAbove - rateBelow);
  }
}
