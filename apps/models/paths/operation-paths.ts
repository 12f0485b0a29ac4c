import { shapeLabels } from '@plumbline/wire';
import type { OperationCounts } from './path-counts';

/** Unknown sets whose surprise is remembered. */
const mostRemembered = 1024;

/**
 * The surprise −ln P of the sets of children of one operation, where P is the probability of a set that is no more probable than
 * the one seen: the exact test of a multinomial outcome. The plain −ln p would be large for every span of an operation that has
 * a thousand equal ways. n traces with T different sets: each set has c/(n + T), all that was never seen T/(n + T)
 * (Witten and Bell, The zero-frequency problem, IEEE Transactions on Information Theory 37(4), 1991, method C).
 */
export class OperationPaths {
  private readonly known = new Map<string, number>();
  private readonly remembered = new Map<string, number>();
  /** Probability of all sets that are not known. */
  private readonly unseen: number;

  constructor(private readonly counts: OperationCounts) {
    const { traces, rest, kinds, shapes } = counts;
    const all = traces + kinds;
    this.unseen = all === 0 ? 1 : (rest + kinds) / all;
    let tail = rest + kinds;
    const rarest = [...shapes].sort(([, c], [, d]) => c - d);
    for (let i = 0; i < rarest.length;) {
      const count = rarest[i]?.[1] ?? 0;
      let after = i;
      while (after < rarest.length && rarest[after]?.[1] === count) after += 1;
      tail += count * (after - i);
      for (; i < after; i += 1) this.known.set(rarest[i]?.[0] ?? '', Math.max(0, -Math.log(tail / all)));
    }
  }

  surprise(shape: string): number {
    const known = this.known.get(shape) ?? this.remembered.get(shape);
    if (known !== undefined) return known;
    const surprise = Math.max(0, -Math.log(this.probabilityOfUnseen(shape)));
    if (this.remembered.size >= mostRemembered) this.remembered.clear();
    this.remembered.set(shape, surprise);
    return surprise;
  }

  /** A set is at most as probable as any part of it: that it is new, that it has a label that is new, that it lacks one. */
  private probabilityOfUnseen(shape: string): number {
    const { traces, labels } = this.counts;
    const has = new Set(shapeLabels(shape));
    let p = this.unseen;
    for (const label of has) {
      // The zero-frequency problem again, of labels: as many traces brought a label that was new as there are labels.
      if (!labels.has(label)) p = Math.min(p, labels.size / (traces + labels.size) || p);
    }
    for (const [label, count] of labels) {
      if (!has.has(label)) p = Math.min(p, (traces - count + 1) / (traces + 2));
    }
    return p;
  }
}
