import { createHash } from 'node:crypto';

/** A trace that may be taken, and what it is like: equally many are taken of each group, as far as there are. */
export interface Candidate {
  readonly traceId: string;
  readonly group: string;
}

/**
 * Takes traces of all groups alike: the first of each group, then the second of each, until there are enough. Which is first is
 * settled by a hash of the seed and the trace id, so that any program that reads the same traces takes the same (the Spark job does).
 *
 * @returns the traces taken, in that order
 */
export function sampleByGroup<T extends Candidate>(candidates: Iterable<T>, budget: number, seed: string): T[] {
  const groups = new Map<string, Map<string, T>>();
  for (const candidate of candidates) {
    let group = groups.get(candidate.group);
    if (group === undefined) groups.set(candidate.group, (group = new Map<string, T>()));
    group.set(candidate.traceId, candidate);
  }
  const ranked: { readonly rank: number; readonly hash: string; readonly candidate: T }[] = [];
  for (const group of groups.values()) {
    const hashed = [...group.values()].map((candidate) => ({ hash: hashOf(seed, candidate.traceId), candidate }));
    hashed.sort((a, b) => compare(a.hash, b.hash));
    for (const [rank, { hash, candidate }] of hashed.entries()) ranked.push({ rank, hash, candidate });
  }
  ranked.sort((a, b) => a.rank - b.rank || compare(a.hash, b.hash));
  return ranked.slice(0, Math.max(0, budget)).map(({ candidate }) => candidate);
}

/** SHA-256 of `seed:id`, hexadecimal: `sha2(concat(seed, ':', trace_id), 256)` in Spark's SQL. */
export function hashOf(seed: string, traceId: string): string {
  return createHash('sha256').update(`${seed}:${traceId}`).digest('hex');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
