import { streamsOf, sumFrom, type StatsTable, type StreamKind, type StreamValues } from '@plumbline/wire';
import type { Baseline, Baselines } from './baseline';
import { CountPool, type Stretch } from './count-pool';
import { isMishap } from './levels';
import { normalTail, tailEvidence } from './tail';

/** A stream at one of its levels that stands out. */
export interface Alarm {
  readonly key: string;
  readonly kind: StreamKind;
  readonly row: string;
  readonly service: string;
  readonly callee?: string;
  /** −ln of the probability that it comes about by chance. */
  readonly evidence: number;
  /** Of so many traces, how many exceed. */
  readonly exceeding: number;
  readonly observed: number;
  /** Share that exceeds in normal times. */
  readonly normally: number;
  /** Number of the first elevated window that was looked at. */
  readonly onset: number;
}

/** Numbers of windows that are summed. */
const horizons = [2, 3, 6, 9] as const;
/** Windows kept: the longest horizon, a gap, and what is compared with. */
const ring = 36;
/** `telling`: windows with traffic from which it is known what the last minutes were like. */
const recent = { windows: 24, gap: 2, telling: 8 } as const;
/** Evidence against what was learnt (five standard deviations: with 300 streams half an alarm a day by chance), and against the last minutes. */
const againstLearnt = normalTail(5);
const againstRecent = normalTail(3.5);
/** Least number that exceeds, least rise of its share, and what makes a single window elevated. */
const leastExceeding = 4;
const leastRise = 0.1;
const elevatedRise = 0.05;
/** Windows that have to be elevated, of those with traffic; and for how many failures and missing calls have to last. */
const elevated = { windows: 2, share: 0.75 } as const;
const mishapWindows = 5;

/** What goes on is compared with what was before it, not with itself. */
interface Held {
  readonly share: number;
  /** Windows of the first and the newest alarm. */
  readonly since: number;
  through: number;
}

/** Windows without an alarm after which it is over, and with alarms after which it is how things are now. */
const held = { rest: 6, most: 2160 } as const;

/** Counts of one stream at one level in the newest windows; slot = window modulo {@link ring}. */
interface Counts {
  /** How many exceed, in as many numbers as {@link ring}, and then how many there are. */
  readonly of: Stretch;
  /** Number of the newest window written. */
  newest: number;
  /** What the last minutes were like before it began to stand out, for as long as it does. */
  held: Held | undefined;
}

/** Watches the streams of one tenant, window by window. Memory is bounded by the streams of the profile. */
export class Watch {
  /** By stream; one a level. */
  private readonly counts = new Map<string, (Counts | undefined)[]>();
  private readonly pool = new CountPool(2 * ring);

  /**
   * Adds the next window.
   *
   * @param window number of the window: its start over its duration, rising
   * @returns streams that stand out in it, strongest first; of a stream only the level that does most
   */
  add(window: number, stats: StatsTable, baselines: Baselines): Alarm[] {
    const alarms: Alarm[] = [];
    for (const stream of streamsOf(stats)) {
      // A larger share of all requests is no fault; what stays away is watched for by itself.
      if (stream.kind === 'volume') continue;
      let strongest: Alarm | undefined;
      for (const [level, baseline] of baselines.of(stream.key).entries()) {
        const alarm = this.look(window, stream, level, baseline);
        if (alarm !== undefined && alarm.evidence > (strongest?.evidence ?? 0)) strongest = alarm;
      }
      if (strongest !== undefined) alarms.push(strongest);
    }
    if (window % ring === 0) this.forget(window);
    return alarms.sort((a, b) => b.evidence - a.evidence || (a.key < b.key ? -1 : 1));
  }

  private look(window: number, stream: StreamValues, level: number, baseline: Baseline): Alarm | undefined {
    const n = sumFrom(stream.values, -Infinity);
    const k = sumFrom(stream.values, baseline.bucket);
    const counts = this.write(stream.key, level, window, k, n);
    if (!isElevated(k, n, baseline)) return undefined;
    let strongest: Alarm | undefined;
    for (const horizon of horizons) {
      const alarm = test(counts, window, horizon, stream, baseline);
      if (alarm !== undefined && alarm.evidence > (strongest?.evidence ?? 0)) strongest = alarm;
    }
    return strongest;
  }

  private write(key: string, level: number, window: number, k: number, n: number): Counts {
    let levels = this.counts.get(key);
    if (levels === undefined) this.counts.set(key, (levels = []));
    const counts = (levels[level] ??= { of: this.pool.take(), newest: window, held: undefined });
    for (let w = Math.max(counts.newest + 1, window - ring + 1); w < window; w += 1) {
      put(counts, w, 0, 0);
    }
    counts.newest = window;
    put(counts, window, k, n);
    return counts;
  }

  /** Streams without traffic for as long as windows are kept. */
  private forget(window: number): void {
    for (const [key, levels] of this.counts) {
      if (levels.some((counts) => counts !== undefined && window - counts.newest < ring)) continue;
      this.counts.delete(key);
      for (const counts of levels) if (counts !== undefined) this.pool.give(counts.of);
    }
  }
}

function slot(window: number): number {
  return ((window % ring) + ring) % ring;
}

function put({ of: { shared, first } }: Counts, window: number, k: number, n: number): void {
  shared[first + slot(window)] = k;
  shared[first + ring + slot(window)] = n;
}

function exceedingIn({ of: { shared, first } }: Counts, window: number): number {
  return shared[first + slot(window)] ?? 0;
}

function observedIn({ of: { shared, first } }: Counts, window: number): number {
  return shared[first + ring + slot(window)] ?? 0;
}

function isElevated(k: number, n: number, { share }: Baseline): boolean {
  return n > 0 && k > n * (share + elevatedRise);
}

function test(
  counts: Counts,
  window: number,
  horizon: number,
  { key, kind, row, service, callee }: StreamValues,
  baseline: Baseline,
): Alarm | undefined {
  let [k, n, withTraffic, up, first] = [0, 0, 0, 0, window];
  for (let w = window; w > window - horizon; w -= 1) {
    const [kw, nw] = [exceedingIn(counts, w), observedIn(counts, w)];
    if (nw <= 0) continue;
    k += kw;
    n += nw;
    withTraffic += 1;
    if (isElevated(kw, nw, baseline)) {
      up += 1;
      first = w;
    }
  }
  const { share, correlation } = baseline;
  if (k < leastExceeding || k / n < share + leastRise) return undefined;
  if (up < elevated.windows || up < elevated.share * withTraffic) return undefined;
  if (isMishap(kind) && window - first + 1 < mishapWindows) return undefined;
  const evidence = tailEvidence(Math.floor(k), Math.round(n), share, correlation);
  if (evidence < againstLearnt) return undefined;
  const before = recentShare(counts, window, horizon, baseline);
  const usual = heldShare(counts, window) ?? before.share;
  if (tailEvidence(Math.floor(k), Math.round(n), usual, correlation) < againstRecent) return undefined;
  if (counts.held !== undefined || before.known) hold(counts, window, usual);
  return {
    key,
    kind,
    row,
    service,
    ...(callee === undefined ? {} : { callee }),
    evidence,
    exceeding: k,
    observed: n,
    normally: share,
    onset: first,
  };
}

/** Forgets what is over, or has become how things are. */
function heldShare(counts: Counts, window: number): number | undefined {
  const { held: known } = counts;
  if (known !== undefined && (window - known.through > held.rest || window - known.since > held.most)) {
    counts.held = undefined;
  }
  return counts.held?.share;
}

function hold(counts: Counts, window: number, share: number): void {
  if (counts.held === undefined) counts.held = { share, since: window, through: window };
  else counts.held.through = window;
}

/** The larger of what is learnt and what the last minutes were like: nothing is news that went on before. */
function recentShare(
  counts: Counts,
  window: number,
  horizon: number,
  { share }: Baseline,
): { readonly share: number; readonly known: boolean } {
  let [k, n, windows] = [0, 0, 0];
  const last = window - horizon - recent.gap;
  for (let w = last; w > last - recent.windows; w -= 1) {
    if (w <= window - ring || w > counts.newest) continue;
    const observed = observedIn(counts, w);
    k += exceedingIn(counts, w);
    n += observed;
    if (observed > 0) windows += 1;
  }
  const known = windows >= recent.telling;
  return { share: Math.min(Math.max(share, (k + 0.5 + 5 * share) / (n + 6)), 0.95), known };
}
