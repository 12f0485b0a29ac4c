import { mergeSketch, quantile, type Sketch } from './sketch';
import { shapeLabels, type StatsTable } from './stats';

/** Part of the usual duration of a request that a time has to differ by to matter to anybody. */
const materialShare = 0.2;
/** Part of that which is added to times before their logarithm is taken: smaller ones are all alike. */
export const timeFloorShare = 1 / 30;
/** A fifth of the median duration of requests, weighted by traces, milliseconds; 0 where nothing is known. */
export function materialMs(profile: StatsTable): number {
  const durations: Sketch = new Map();
  for (const row of profile.entries.values()) mergeSketch(durations, row.duration);
  const median = quantile(durations, 0.5);
  return Number.isFinite(median) ? materialShare * median : 0;
}

/** "Who has A has B", or "has B" where A is `*`; held nearly always in what was learnt. */
export interface ShapeRule {
  readonly given: string;
  readonly expected: string;
}
/** Children of any label. */
export const anyChild = '*';

/** Least number of traces and share of them in which a rule has held, and the least share for what is watched as regular. */
const rule = { traces: 5, share: 0.95 } as const;
/** What is watched as regular: least number of traces it is known from, and the share of them that have it. */
export const leastRegular = 20;
export const regularShare = 0.9;
/** Sets of children with more labels than this have no rules among each other: their number grows with the square. */
const mostLabels = 24;
const mostRules = 256;

/** Rules that sets of children obey, from how often each set was seen. */
export function rulesOf(shapes: ReadonlyMap<string, { readonly count: number }>): {
  readonly rules: readonly ShapeRule[];
  readonly regular: readonly string[];
} {
  const given = new Map<string, number>();
  const both = new Map<string, Map<string, number>>();
  const sets = [...shapes]
    .map(([key, { count }]) => ({ labels: shapeLabels(key), count }))
    .filter(({ labels, count }) => count > 0 && labels.length <= mostLabels);
  const expected = new Set(sets.flatMap(({ labels }) => labels));
  if (expected.size === 0) return { rules: [], regular: [] };
  for (const { labels, count } of sets) {
    for (const a of [anyChild, ...labels]) {
      given.set(a, (given.get(a) ?? 0) + count);
      let of = both.get(a);
      if (of === undefined) both.set(a, (of = new Map<string, number>()));
      for (const b of labels) of.set(b, (of.get(b) ?? 0) + count);
    }
  }
  const rules: ShapeRule[] = [];
  const regular: string[] = [];
  for (const [a, n] of given) {
    for (const [b, together] of both.get(a) ?? []) {
      if (a === b || n < rule.traces) continue;
      if (together >= rule.share * n) rules.push({ given: a, expected: b });
      if (a === anyChild && n >= leastRegular && together >= regularShare * n) regular.push(b);
    }
  }
  // By name, so that the same counts give the same rules in whatever order they came.
  rules.sort((a, b) => compare(a.given, b.given) || compare(a.expected, b.expected));
  return { rules: rules.slice(0, mostRules), regular: regular.sort(compare) };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
