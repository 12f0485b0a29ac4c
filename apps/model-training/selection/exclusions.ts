import { serviceKey, type Incident, type StoredSpan } from '@plumbline/wire';
import { z } from 'zod';

/** A time in which traces of some services are not normal. */
export const excludedTimeSchema = z.object({
  tenant: z.string(),
  fromMs: z.number(),
  toMs: z.number(),
  /** Service keys; empty where an incident names nobody: then every trace of the tenant. */
  services: z.array(z.string()),
});
export type ExcludedTime = z.infer<typeof excludedTimeSchema>;

/** What goes before the first anomalous window, milliseconds: it need not be where a fault began. */
const beforeMs = 60_000;

/**
 * Times of incidents, from which nothing normal is learnt.
 *
 * @param refuted ids of incidents that people said were none
 * @param maxMs an incident that is open longer is how things are now
 */
export function excludedTimes(
  incidents: Iterable<Incident>,
  refuted: ReadonlySet<string>,
  maxMs: number,
): ExcludedTime[] {
  const times: ExcludedTime[] = [];
  for (const { id, tenant, startedAtMs, resolvedAtMs, causes, affected, path } of incidents) {
    if (refuted.has(id)) continue;
    const services = [...new Set([...causes.map(({ service }) => service), ...affected, ...path])].sort();
    const toMs = Math.min(resolvedAtMs ?? Infinity, startedAtMs + maxMs);
    times.push({ tenant, fromMs: startedAtMs - beforeMs, toMs, services });
  }
  return times.sort((a, b) => a.fromMs - b.fromMs);
}

/** Tells traces that belong to an excluded time. */
export class Exclusions {
  constructor(private readonly times: readonly ExcludedTime[]) {}

  /** @param spans of one trace */
  covers(spans: readonly StoredSpan[]): boolean {
    const startMs = startOf(spans);
    const covering = this.times.filter(({ fromMs, toMs }) => startMs >= fromMs && startMs < toMs);
    if (covering.length === 0) return false;
    const services = new Set(spans.map(serviceKey));
    const tenants = new Set(spans.map(({ tenant }) => tenant));
    return covering.some(({ tenant, services: named }) =>
      named.length === 0 ? tenants.has(tenant) : named.some((service) => services.has(service)),
    );
  }
}

/** Start of a trace's first span, milliseconds since the epoch, rounded down. */
export function startOf(spans: readonly StoredSpan[]): number {
  let least: bigint | undefined;
  for (const { startUnixNano } of spans) if (least === undefined || startUnixNano < least) least = startUnixNano;
  return Number((least ?? 0n) / 1_000_000n);
}
