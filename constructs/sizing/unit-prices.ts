import { sizeOf, type Sizing } from './size';
import { secondsPerDay } from './units';

/** What a unit of each signal costs: to take it and keep it as long as it is kept. */
export interface UnitPrices {
  readonly currency: string;
  /** Of spans as they come, in OTLP. */
  readonly spanGigabyte: number;
  /** Of lines as they come. */
  readonly lineGigabyte: number;
  readonly millionSamples: number;
}

const daysOfMonth = 30;

/** What everything costs in a month over what comes in a month; 0 for what does not come. */
export function unitPricesOf({ load, prices, monthlyPriceOf }: Sizing): UnitPrices {
  const month = daysOfMonth * secondsPerDay;
  const of = (price: number, units: number) => (units === 0 ? 0 : Number((price / units).toPrecision(3)));
  return {
    currency: prices.currency,
    spanGigabyte: of(monthlyPriceOf.traces, (load.spansPerSecond * load.bytesPerSpan * month) / 1e9),
    lineGigabyte: of(monthlyPriceOf.logs, (load.logBytesPerDay * daysOfMonth) / 1e9),
    millionSamples: of(monthlyPriceOf.metrics, (load.samplesPerSecond * month) / 1e6),
  };
}

/** Of a load of the middle, with round prices: for a dashboard whose owner gave none. */
export const usualUnitPrices: UnitPrices = unitPricesOf(
  sizeOf({ spansPerSecond: 5_000, samplesPerSecond: 10_000, logBytesPerDay: 20e9 }),
);
