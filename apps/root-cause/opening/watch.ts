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
  /** Of the first and the newest alarm, by how many windows had been heard. */
  readonly since: number;
  through: number;
}

const nobody: ReadonlySet<string> = new Set();

/** Windows heard without an alarm after which it is over, and with alarms after which it is how things are now. */
const holding = { rest: 6, most: 2160 } as const;

/** Counts of one stream in the newest windows; slot = window modulo {@link ring}. */
interface Counts {
  /** How many there are, in as many numbers as {@link ring}; then of each level how many exceed. */
  readonly of: Stretch;
  /** Number of the newest window written, and how many had been heard by then. */
  newest: number;
  heard: number;
  /** By level: what the last minutes were like before it began to stand out, for as long as it does. */
  held: Map<number, Held> | undefined;
}

/** Watches the streams of one tenant, window by window. Memory is bounded by the streams of the profile. */
export class Watch {
  private readonly counts = new Map<string, Counts>();
  /** By number of levels. */
  private readonly pools: CountPool[] = [];
  /** Windows added. While a broker is away none are, and nothing that goes on is over for that. */
  private heard = 0;

  /**
   * Adds the next window.
   *
   * @param window number of the window: its start over its duration, rising
   * @param goingOn services of which it is known from before a restart that an incident goes on: what stands out there began earlier,
   *   though the minutes before it are not read any more
   * @returns streams that stand out in it, strongest first; of a stream only the level that does most
   */
  add(window: number, stats: StatsTable, baselines: Baselines, goingOn: ReadonlySet<string> = nobody): Alarm[] {
    const alarms: Alarm[] = [];
    this.heard += 1;
    for (const stream of streamsOf(stats)) {
      // A larger share of all requests is no fault; what stays away is watched for by itself.
      if (stream.kind === 'volume') continue;
      const levels = baselines.of(stream.key);
      if (levels.length === 0) continue;
      const alarm = this.look(window, stream, levels, goingOn.has(stream.service));
      if (alarm !== undefined) alarms.push(alarm);
    }
    if (this.heard % ring === 0) this.forget();
    return alarms.sort((a, b) => b.evidence - a.evidence || (a.key < b.key ? -1 : 1));
  }

  private look(window: number, stream: StreamValues, levels: readonly Baseline[], goesOn: boolean): Alarm | undefined {
    const n = sumFrom(stream.values, -Infinity);
    const counts = this.at(stream.key, levels.length, window);
    put(counts, window, 0, n);
    let strongest: Alarm | undefined;
    for (const [level, baseline] of levels.entries()) {
      const k = sumFrom(stream.values, baseline.bucket);
      put(counts, window, level + 1, k);
      if (!isElevated(k, n, baseline)) continue;
      for (const horizon of horizons) {
        const alarm = test({ counts, level, window, horizon, goesOn }, stream, baseline);
        if (alarm !== undefined && alarm.evidence > (strongest?.evidence ?? 0)) strongest = alarm;
      }
    }
    return strongest;
  }

  /** Counts of a stream, those of windows in which it had no traffic zero. */
  private at(key: string, levels: number, window: number): Counts {
    let counts = this.counts.get(key);
    if (counts === undefined) {
      const pool = (this.pools[levels] ??= new CountPool((1 + levels) * ring));
      this.counts.set(key, (counts = { of: pool.take(), newest: window, heard: this.heard, held: undefined }));
    }
    for (let w = Math.max(counts.newest + 1, window - ring + 1); w < window; w += 1) {
      for (let row = 0; row <= levels; row += 1) put(counts, w, row, 0);
    }
    counts.newest = window;
    counts.heard = this.heard;
    return counts;
  }

  /** Streams without traffic for as long as windows are kept. */
  private forget(): void {
    for (const [key, { of, heard }] of this.counts) {
      if (this.heard - heard < ring) continue;
      this.counts.delete(key);
      this.pools[of.length / ring - 1]?.give(of);
    }
  }
}

function slot(window: number): number {
  return ((window % ring) + ring) % ring;
}

/** @param row 0 for how many there are, from 1 on for the levels */
function put({ of: { shared, first } }: Counts, window: number, row: number, count: number): void {
  shared[first + row * ring + slot(window)] = count;
}

function countIn({ of: { shared, first } }: Counts, window: number, row: number): number {
  return shared[first + row * ring + slot(window)] ?? 0;
}

/** Windows of one stream at one level that are looked at. */
interface Stretched {
  readonly counts: Counts;
  readonly level: number;
  /** The newest, and how many. */
  readonly window: number;
  readonly horizon: number;
  /** It is known to have begun earlier. */
  readonly goesOn: boolean;
}

function isElevated(k: number, n: number, { share }: Baseline): boolean {
  return n > 0 && k > n * (share + elevatedRise);
}

function test(at: Stretched, { key, kind, row, service, callee }: StreamValues, baseline: Baseline): Alarm | undefined {
  const { counts, level, window, horizon } = at;
  let [k, n, withTraffic, up, first] = [0, 0, 0, 0, window];
  for (let w = window; w > window - horizon; w -= 1) {
    const [kw, nw] = [countIn(counts, w, level + 1), countIn(counts, w, 0)];
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
  const held = heldShare(at);
  if (isMishap(kind) && held === undefined && window - first + 1 < mishapWindows) return undefined;
  const evidence = tailEvidence(Math.floor(k), Math.round(n), share, correlation);
  if (evidence < againstLearnt) return undefined;
  const before = recentShare(at, baseline);
  const usual = held ?? before.share;
  if (tailEvidence(Math.floor(k), Math.round(n), usual, correlation) < againstRecent) return undefined;
  if (held !== undefined || before.known || at.goesOn) hold(at, usual);
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
function heldShare({ counts, level }: Stretched): number | undefined {
  const known = counts.held?.get(level);
  if (
    known !== undefined &&
    (counts.heard - known.through > holding.rest || counts.heard - known.since > holding.most)
  ) {
    counts.held?.delete(level);
    return undefined;
  }
  return known?.share;
}

function hold({ counts, level }: Stretched, share: number): void {
  counts.held ??= new Map<number, Held>();
  const known = counts.held.get(level);
  if (known === undefined) counts.held.set(level, { share, since: counts.heard, through: counts.heard });
  else known.through = counts.heard;
}

/** The larger of what is learnt and what the last minutes were like: nothing is news that went on before. */
function recentShare(
  { counts, level, window, horizon }: Stretched,
  { share }: Baseline,
): { readonly share: number; readonly known: boolean } {
  let [k, n, windows] = [0, 0, 0];
  const last = window - horizon - recent.gap;
  for (let w = last; w > last - recent.windows; w -= 1) {
    if (w <= window - ring || w > counts.newest) continue;
    const observed = countIn(counts, w, 0);
    k += countIn(counts, w, level + 1);
    n += observed;
    if (observed > 0) windows += 1;
  }
  const known = windows >= recent.telling;
  return { share: Math.min(Math.max(share, (k + 0.5 + 5 * share) / (n + 6)), 0.95), known };
}
