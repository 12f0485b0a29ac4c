import type { Duration } from 'cdk8s';
import { defined } from '../core/defined';
import { InvalidPropError } from '../core/errors';

/** What one tenant may send, and how long it is kept. */
export interface TenantLimits {
  /** Series that it has at once, counted once however often they are replicated. @default 500 000 */
  readonly series?: number;
  /** Samples a second. For some seconds it may be ten times as many. @default 50 000 */
  readonly samplesPerSecond?: number;
  /** Exemplars that are kept in memory: links from a series to a trace. @default 100 000 */
  readonly exemplars?: number;
  /** How late a sample may be. @default Duration.hours(2) */
  readonly outOfOrder?: Duration;
  /** How long samples are kept, whole hours. @default Duration.days(365) */
  readonly retention?: Duration;
}

/** Whoever sends again what waited while Mimir was away sends faster than it is made. */
const burst = 10;

/**
 * Limits by the names that Mimir has for them, of all tenants or of one.
 *
 * @param at path of the prop, for errors
 * @throws {InvalidPropError} if a limit is no count, or the retention no whole number of hours, two of them or more: a block is of two hours
 * @see https://grafana.com/docs/mimir/v3.1.x/configure/configuration-parameters/#limits
 */
export function mimirLimits(at: string, limits: TenantLimits): Readonly<Record<string, number | string>> {
  const { series, samplesPerSecond, exemplars, outOfOrder, retention } = limits;
  for (const [prop, value] of Object.entries(defined({ series, samplesPerSecond, exemplars })))
    // To Mimir, nothing would be no limit at all.
    if (!Number.isInteger(value) || value < 1)
      throw new InvalidPropError(`${at}.${prop}`, value, 'a count of at least 1');
  const hours = retention?.toHours({ integral: false });
  if (hours !== undefined && (!Number.isInteger(hours) || hours < 2))
    throw new InvalidPropError(`${at}.retention`, `${hours} h`, 'whole hours, two or more');
  return defined({
    max_global_series_per_user: series,
    ingestion_rate: samplesPerSecond,
    ingestion_burst_size: samplesPerSecond && samplesPerSecond * burst,
    max_global_exemplars_per_user: exemplars,
    out_of_order_time_window: outOfOrder && `${outOfOrder.toSeconds()}s`,
    compactor_blocks_retention_period: hours === undefined ? undefined : `${hours}h`,
  });
}
