import { z } from 'zod';
import { checkTail, pOf, surpriseOf, tailOf, tailSchema, type Tail } from './tail';

/** Entries with a calibration of their own, and the scores of each that are kept exactly. */
const mostEntries = 512;
const upperOfEntry = 512;

export const calibrationSchema = z.object({
  all: tailSchema,
  /** By entry key. */
  entries: z.array(z.tuple([z.string().max(16_384), tailSchema])).max(mostEntries),
});

/** Scores of held-back normal traces of one scorer, by the operation where they entered. */
export class Calibration {
  private readonly entries: ReadonlyMap<string, Tail>;

  constructor(private readonly data: z.infer<typeof calibrationSchema>) {
    this.entries = new Map(data.entries);
  }

  /**
   * @param entries entry key of each trace
   * @param scores of normal traces that nothing was learnt from
   * @param least traces of an entry from which it is calibrated by itself; others by all traces
   * @throws {RangeError} without scores, or where one is no number of at least 0
   */
  static of(entries: readonly string[], scores: Float64Array, least: number): Calibration {
    const byEntry = new Map<string, number[]>();
    for (const [i, entry] of entries.entries()) {
      const list = byEntry.get(entry);
      if (list === undefined) byEntry.set(entry, [scores[i] ?? 0]);
      else list.push(scores[i] ?? 0);
    }
    const own = [...byEntry]
      .filter(([, list]) => list.length >= least)
      .sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))
      .slice(0, mostEntries)
      .map(([entry, list]): [string, Tail] => [
        entry,
        tailOf(list, Math.min(upperOfEntry, Math.ceil(0.1 * list.length))),
      ]);
    return new Calibration({ all: tailOf(scores), entries: own });
  }

  /** @throws {RangeError} when its numbers are in no order that a calibration has */
  static from(data: z.infer<typeof calibrationSchema>): Calibration {
    for (const tail of [data.all, ...data.entries.map(([, tail]) => tail)]) checkTail(tail);
    return new Calibration(data);
  }

  toJSON(): z.infer<typeof calibrationSchema> {
    return this.data;
  }

  /** Probability that a normal trace of the entry scores at least this, conservatively; see {@link pOf}. */
  p(entry: string, score: number): number {
    return pOf(this.tail(entry), score);
  }

  /**
   * −ln p, which goes on rising where p cannot fall any more.
   *
   * @param p of the score, where it is known
   */
  surprise(entry: string, score: number, p?: number): number {
    return surpriseOf(this.tail(entry), score, p);
  }

  /** Held-back traces that scores of an entry are compared with. */
  traces(entry?: string): number {
    return entry === undefined ? this.data.all.n : this.tail(entry).n;
  }

  private tail(entry: string): Tail {
    return this.entries.get(entry) ?? this.data.all;
  }
}
