import { entryKey, operationKey, streamKey, type StatsTable } from '@plumbline/wire';
import type { Baselines } from './baseline';
import { tailEvidence, normalTail } from './tail';
import type { Alarm } from './watch';

/** Windows that are summed, least first; what hangs shows as nothing at all, which only time tells from chance. */
const horizons = [6, 9, 18] as const;
const ring = 48;
const recentWindows = 24;
/** Part of its usual share of all requests, and of its requests in the last minutes, that an entry may still have when it counts as stopped. */
const mostLeft = 0.6;
/** Part of windows by which it is known how many requests are usual. */
const usualPart = 0.75;
/** Requests that were to be expected in the time, and requests at other entries that show that the rest goes on. */
const leastExpected = 12;
const leastOthers = 12;
/**
 * Windows with any requests in which it had so few. Time in which nothing is heard says nothing, as when a broker is away: afterwards some
 * collectors bring what they held back before others do, which ask again within half a minute. Nor does the burst of a single window.
 */
const leastLow = 4;
/** Less than streams need: there are tens of entries where there are hundreds of those. */
const enough = normalTail(4.5);
/** OTLP span kinds of server and consumer. */
const doorKinds = [2, 5] as const;

/**
 * Watches for entries whose requests stay away while the rest goes on: what hangs altogether sends no spans. A share of all
 * requests and no rate, so that a whole day's ebb is none; against what was learnt and the last minutes, so that one entry's
 * own ebb is none either.
 */
export class VolumeWatch {
  /** Requests by entry row, and of all, in the newest windows; slot = window modulo {@link ring}. */
  private readonly counts = new Map<string, Float64Array>();
  private readonly totals = new Float64Array(ring);
  private newest: number | undefined;
  private readonly services = new Map<string, string>();
  /** Rows by which requests really enter; others are what is left of requests whose beginning never came. */
  private readonly doors = new Set<string>();

  add(window: number, stats: StatsTable, baselines: Baselines): Alarm[] {
    this.write(window, stats);
    const alarms: Alarm[] = [];
    for (const [row, counts] of this.counts) {
      const baseline = baselines.of(streamKey('volume', row))[0];
      if (baseline === undefined) continue;
      for (const horizon of horizons) {
        const now = this.sum(counts, window, horizon);
        now.k += this.moved(row, window, horizon, baselines);
        const before = this.sum(counts, window - horizon - 1, recentWindows);
        if (before.n <= 0) continue;
        const recent = before.k / before.n;
        // What was rare already has not stopped now; and what was learnt may be long ago.
        const share = Math.min(baseline.share, recent);
        const expected = share * now.n;
        if (expected < leastExpected || now.n - now.k < leastOthers || now.k > mostLeft * expected) continue;
        // Another entry's burst takes shares from all others, and requests from none.
        const mostLow = mostLeft * this.usually(counts, window - horizon - 1, recentWindows);
        if (now.k / now.windows > mostLow || this.low(counts, window, horizon, mostLow) < leastLow) continue;
        const evidence = tailEvidence(Math.round(now.n - now.k), Math.round(now.n), 1 - share, baseline.correlation);
        if (evidence < enough) continue;
        alarms.push({
          key: streamKey('volume', row),
          kind: 'volume',
          row,
          service: this.services.get(row) ?? '',
          evidence,
          exceeding: now.n - now.k,
          observed: now.n,
          normally: 1 - share,
          onset: this.onset(counts, window, horizon),
        });
        break;
      }
    }
    return alarms;
  }

  private write(window: number, stats: StatsTable): void {
    const from = Math.max((this.newest ?? window - 1) + 1, window - ring + 1);
    for (let w = from; w <= window; w += 1) {
      this.totals[slot(w)] = 0;
      for (const counts of this.counts.values()) counts[slot(w)] = 0;
    }
    this.newest = window;
    for (const { service, operation, traces } of stats.entries.values()) {
      const row = entryKey(service, operation);
      let counts = this.counts.get(row);
      if (counts === undefined) this.counts.set(row, (counts = new Float64Array(ring)));
      this.services.set(row, service);
      if (doorKinds.some((kind) => stats.operations.has(operationKey(service, operation, kind, true))))
        this.doors.add(row);
      counts[slot(window)] = traces;
      this.totals[slot(window)] = (this.totals[slot(window)] ?? 0) + traces;
    }
    for (const [row, counts] of this.counts) {
      if (counts.some((count) => count > 0)) continue;
      this.counts.delete(row);
      this.services.delete(row);
      this.doors.delete(row);
    }
  }

  /** Requests at operations of the same service that nothing is learnt of: a new version may call the entry otherwise. */
  private moved(row: string, window: number, horizon: number, baselines: Baselines): number {
    let moved = 0;
    for (const [other, counts] of this.counts) {
      if (other === row || !this.doors.has(other) || this.services.get(other) !== this.services.get(row)) continue;
      if (baselines.of(streamKey('volume', other))[0] === undefined) moved += this.sum(counts, window, horizon).k;
    }
    return moved;
  }

  /** Requests of an entry and of all, and windows that had any. */
  private sum(counts: Float64Array, through: number, last: number): { k: number; n: number; windows: number } {
    let [k, n, windows] = [0, 0, 0];
    for (let w = through; w > through - last && w > (this.newest ?? 0) - ring; w -= 1) {
      k += counts[slot(w)] ?? 0;
      n += this.totals[slot(w)] ?? 0;
      if ((this.totals[slot(w)] ?? 0) > 0) windows += 1;
    }
    return { k, n, windows };
  }

  /** Requests of an entry a window, of windows that had any; without those that had most, in which an outage may have come after. */
  private usually(counts: Float64Array, through: number, last: number): number {
    const heard: number[] = [];
    for (let w = through; w > through - last && w > (this.newest ?? 0) - ring; w -= 1)
      if ((this.totals[slot(w)] ?? 0) > 0) heard.push(counts[slot(w)] ?? 0);
    const usual = heard.sort((a, b) => a - b).slice(0, Math.ceil(usualPart * heard.length));
    return usual.reduce((sum, requests) => sum + requests, 0) / Math.max(1, usual.length);
  }

  /** Windows with any requests of which an entry had no more than so many. */
  private low(counts: Float64Array, through: number, last: number, most: number): number {
    let low = 0;
    for (let w = through; w > through - last; w -= 1)
      if ((this.totals[slot(w)] ?? 0) > 0 && (counts[slot(w)] ?? 0) <= most) low += 1;
    return low;
  }

  /** First window of the stretch without requests. */
  private onset(counts: Float64Array, window: number, horizon: number): number {
    let onset = window;
    while (onset > window - horizon && (counts[slot(onset - 1)] ?? 0) === 0) onset -= 1;
    return onset;
  }
}

function slot(window: number): number {
  return ((window % ring) + ring) % ring;
}
