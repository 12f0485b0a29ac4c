/** A trace of the time that is looked back on. */
export interface PastTrace {
  readonly timeMs: number;
  /** Key of the operation where it entered. */
  readonly entry: string;
  readonly exceeds: boolean;
}

const binMs = 600_000;
/** Traces that have to exceed together, and how seldom normal ones would: once in a week of a hundred entries. */
const least = { traces: 3, p: 1e-5 } as const;

/**
 * How many times more traces of an entry exceeded within ten minutes than the alarm rate explains, counting what goes on as one: how often
 * somebody who opens an incident for that would have opened one. Root cause does not: it opens by the statistics of all traces, which no sample
 * has. So the number serves to compare versions, on the same traces.
 *
 * @param alarmRate share of normal traces that exceed
 */
export function episodes(traces: Iterable<PastTrace>, alarmRate: number): number {
  const bins = new Map<string, Map<number, { all: number; exceeding: number }>>();
  for (const { timeMs, entry, exceeds } of traces) {
    let ofEntry = bins.get(entry);
    if (ofEntry === undefined) bins.set(entry, (ofEntry = new Map<number, { all: number; exceeding: number }>()));
    const at = Math.floor(timeMs / binMs);
    let bin = ofEntry.get(at);
    if (bin === undefined) ofEntry.set(at, (bin = { all: 0, exceeding: 0 }));
    bin.all += 1;
    if (exceeds) bin.exceeding += 1;
  }
  const unusual = new Set<number>();
  for (const ofEntry of bins.values()) {
    for (const [at, { all, exceeding }] of ofEntry) {
      if (exceeding >= least.traces && tailOf(exceeding, all, alarmRate) < least.p) unusual.add(at);
    }
  }
  return [...unusual].filter((at) => !unusual.has(at - 1)).length;
}

/** Probability of k or more of n, each with probability p: the binomial distribution's upper tail. */
function tailOf(k: number, n: number, p: number): number {
  let term = (1 - p) ** n;
  let below = 0;
  for (let i = 0; i < k; i += 1) {
    below += term;
    term *= ((n - i) / (i + 1)) * (p / (1 - p));
  }
  return Math.max(0, 1 - below);
}
