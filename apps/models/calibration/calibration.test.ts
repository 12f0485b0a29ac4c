import { seededRandom } from '@plumbline/worker/random';
import fc from 'fast-check';
import { Calibration } from './calibration';
import { Combination, type HeldBack } from './combination';
import { checkTail, pOf, surpriseOf, tailOf } from './tail';

const scores = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 });
/** Few different values, so that most of them tie. */
const tied = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 300 });
const exactP = (all: readonly number[], s: number): number =>
  (1 + all.filter((each) => each >= s).length) / (all.length + 1);

describe('p of a score', () => {
  test('is one more than the scores that are at least as great, of one more than all, in the upper tail', () => {
    fc.assert(
      fc.property(fc.oneof(scores, tied), fc.integer({ min: 1, max: 50 }), (all, upper) => {
        const tail = tailOf(all, upper);
        const greatest = [...all].sort((a, b) => b - a).slice(0, upper);
        for (const s of [...greatest, (greatest[0] ?? 0) + 1]) expect(pOf(tail, s)).toBe(exactP(all, s));
      }),
    );
  });

  test('is never smaller than that anywhere else, and hardly greater', () => {
    fc.assert(
      fc.property(fc.oneof(scores, tied), (all) => {
        const tail = tailOf(all);
        for (const s of all) {
          expect(pOf(tail, s)).toBeGreaterThanOrEqual(exactP(all, s));
          expect(pOf(tail, s) - exactP(all, s)).toBeLessThan(0.04);
        }
      }),
    );
  });

  test('never rises with the score, and surprise never falls', () => {
    fc.assert(
      fc.property(fc.oneof(scores, tied), scores, (all, asked) => {
        const tail = tailOf(all);
        const rising = [...asked, ...all].sort((a, b) => a - b);
        for (const [i, s] of rising.entries()) {
          const before = rising[i - 1] ?? 0;
          expect(pOf(tail, s)).toBeLessThanOrEqual(pOf(tail, before));
          expect(surpriseOf(tail, s)).toBeGreaterThanOrEqual(surpriseOf(tail, before));
        }
      }),
    );
  });

  test('is 1 where all scores tie with it', () => {
    expect(pOf(tailOf([0, 0, 0, 0]), 0)).toBe(1);
    expect(pOf(tailOf([0, 0, 0, 0]), 1)).toBe(0.2);
  });

  test('keeps a bounded number of scores of a million', () => {
    const random = seededRandom(1);
    const tail = tailOf(Float64Array.from({ length: 1_000_000 }, random));
    expect(tail.upper.length).toBe(4096);
    expect(tail.lower.length).toBeLessThanOrEqual(65);
    expect(() => checkTail(tail)).not.toThrow();
  });

  test('of a score beyond all others falls no more, while its surprise rises', () => {
    const tail = tailOf([1, 2, 3, 4]);
    expect(pOf(tail, 5)).toBe(pOf(tail, 500));
    expect(surpriseOf(tail, 500)).toBeGreaterThan(surpriseOf(tail, 5));
    expect(Number.isFinite(surpriseOf(tail, 1e300))).toBe(true);
  });
});

describe('calibration by entry', () => {
  const random = seededRandom(2);
  const entries = Array.from({ length: 4000 }, (_, i) => (i % 4 === 0 ? 'slow' : i % 100 === 1 ? 'rare' : 'quick'));
  const values = Float64Array.from(entries, (entry) => (entry === 'slow' ? 10 : 1) * random());
  const calibration = Calibration.of(entries, values, 100);

  test('compares a score with those of its entry', () => {
    expect(calibration.p('slow', 2)).toBeCloseTo(0.8, 1);
    expect(calibration.p('quick', 2)).toBeLessThan(0.001);
  });

  test('takes all traces for an entry that few are known of, or none', () => {
    expect(calibration.traces('rare')).toBe(4000);
    expect(calibration.p('rare', 2)).toBe(calibration.p('nobody', 2));
    expect(calibration.p('rare', 2)).toBeCloseTo(0.2, 1);
  });

  test('refuses scores that are none', () => {
    expect(() => Calibration.of(['a'], Float64Array.of(NaN), 1)).toThrow(RangeError);
    expect(() => Calibration.of([], new Float64Array(0), 1)).toThrow(RangeError);
  });
});

describe('a combination', () => {
  /** Scores that depend on each other, of which one nearly always ties at 0. */
  const heldBack = (seed: number, count: number): HeldBack => {
    const random = seededRandom(seed);
    const shared = Array.from({ length: count }, random);
    return {
      entries: Array.from({ length: count }, (_, i) => (i % 3 === 0 ? 'a' : 'b')),
      scores: {
        profile: Float64Array.from(shared, (s) => s + 0.2 * random()),
        'isolation-forest': Float64Array.from(shared, (s) => 0.5 * s + random()),
        paths: Float64Array.from(shared, () => (random() < 0.97 ? 0 : random())),
      },
    };
  };
  const combination = Combination.fit(0.02, heldBack(1, 6000), heldBack(2, 6000));
  const judgedBy = (of: Combination, { entries, scores: by }: HeldBack) =>
    entries.map((entry, i) => of.judge(entry, (name) => by[name]?.[i] ?? 0));

  test('gives p that are uniform for normal traces, and alarms at the rate that was asked for', () => {
    const judged = judgedBy(combination, heldBack(3, 20_000));
    for (const level of [0.01, 0.02, 0.05, 0.1, 0.3]) {
      const share = judged.filter(({ combinedP }) => combinedP <= level).length / judged.length;
      // Three deviations of the calibration's and of the test's traces.
      expect(Math.abs(share - level)).toBeLessThan(
        3 * Math.sqrt(level * (1 / 2000 + 1 / 20_000)) + 0.01 * level + (level > 0.1 ? 0.03 : 0),
      );
    }
    expect(judged.filter(({ exceeds }) => exceeds).length).toBe(
      judged.filter(({ combinedP }) => combinedP <= 0.02).length,
    );
  });

  test('without a second calibration would alarm far too often, which is why there is one', () => {
    const judged = judgedBy(combination, heldBack(3, 20_000));
    const naive = judged.filter(({ p }) => Math.min(...Object.values(p)) <= 0.02).length / judged.length;
    expect(naive).toBeGreaterThan(0.035);
  });

  test('alarms where a single scorer finds a trace unusual', () => {
    const of = (name: string) => combination.judge('a', (each) => (each === name ? 5 : 0));
    for (const name of combination.names) expect(of(name)).toMatchObject({ exceeds: true, p: { [name]: 1 / 2001 } });
    expect(combination.judge('a', () => 0)).toMatchObject({ exceeds: false, combinedP: 1 });
  });

  test('is the same after it was written and read', () => {
    const again = Combination.decode(combination.encode());
    expect(judgedBy(again, heldBack(4, 500))).toEqual(judgedBy(combination, heldBack(4, 500)));
  });

  test('refuses bytes that are out of order or something else', () => {
    const json = JSON.parse(Buffer.from(combination.encode()).toString()) as { combined: { all: { upper: number[] } } };
    json.combined.all.upper.reverse();
    expect(() => Combination.decode(Buffer.from(JSON.stringify(json)))).toThrow(/not in order/);
    expect(() => Combination.decode(Buffer.from('{"schema":1}'))).toThrow();
    expect(() => Combination.decode(Buffer.from('nothing'))).toThrow(SyntaxError);
  });

  test('refuses to promise a rate that its traces cannot show', () => {
    expect(() => Combination.fit(0.001, heldBack(1, 100), heldBack(2, 100))).toThrow(/cannot show an alarm rate/);
    const { entries, scores: by } = heldBack(2, 100);
    const lacking = { entries, scores: { profile: by.profile ?? new Float64Array(0) } };
    expect(() => Combination.fit(0.1, heldBack(1, 100), lacking)).toThrow(/needs a score of/);
  });
});
