import { defaultModel } from '@plumbline/root-cause';
import type { Feedback } from '@plumbline/wire';
import fc from 'fast-check';
import { exampleFeedback } from '../wire/feedback.testing';
import { calibrateConfidence, isotonic, judgedClaims, type JudgedClaim } from './confidence';
import reference from './fixtures/isotonic.json';

const claims = (n: number, computed: number, right: number): JudgedClaim[] =>
  Array.from({ length: n }, (_, i) => ({ computed, right: i < right }));

/** What is said of a confidence, as the ranking reads a calibration. */
function said(points: readonly (readonly [number, number])[], computed: number): number {
  let [x0, y0] = [0, 0];
  for (const [x, y] of points) {
    if (computed <= x) return y0 + ((computed - x0) / (x - x0)) * (y - y0);
    [x0, y0] = [x, y];
  }
  return y0;
}

describe('isotonic regression', () => {
  it.each(reference.cases)('is that of scikit-learn: $name', ({ computed, right, weight, at, fitted }) => {
    const blocks = isotonic(
      computed.map((each, i) => ({ computed: each, right: right[i] ?? 0, weight: weight[i] ?? 0 })),
    );
    // Blocks follow each other by rising confidence, and each takes in as many claims as its weight says.
    const shares = at.map((confidence) => {
      const below = computed.reduce((sum, each, i) => sum + (each < confidence ? (weight[i] ?? 0) : 0), 0);
      let end = 0;
      return blocks.find((block) => (end += block.weight) > below + 1e-9)?.right;
    });
    for (const [i, share] of shares.entries()) expect(share).toBeCloseTo(fitted[i] ?? NaN, 10);
  });
});

describe('the calibration of confidence', () => {
  it('says nothing before thirty claims were judged', () => {
    expect(calibrateConfidence(claims(29, 0.9, 10))).toBeUndefined();
    expect(calibrateConfidence(claims(30, 0.9, 10))?.answers).toBe(30);
  });

  it('says what was right of so sure a claim, drawn to what was computed as by ten answers', () => {
    const { calibration = [] } = calibrateConfidence(claims(90, 0.9, 45)) ?? {};
    expect(said(calibration, 0.9)).toBeCloseTo((45 + 9) / 100, 12);
    const few = calibrateConfidence([...claims(87, 0.9, 80), ...claims(3, 0.5, 0)])?.calibration ?? [];
    expect(said(few, 0.5)).toBeCloseTo((0 + 5) / 13, 12);
  });

  it('leaves what was computed as it is where people find it right as often', () => {
    const measured = [0.3, 0.5, 0.7, 0.9].flatMap((computed) => claims(50, computed, Math.round(50 * computed)));
    const { calibration = [] } = calibrateConfidence(measured) ?? {};
    for (const computed of [0.15, 0.3, 0.4, 0.5, 0.7, 0.9])
      expect(said(calibration, computed)).toBeCloseTo(computed, 6);
  });

  it('never turns an order, is a share, and changes nothing by more than its answers allow', () => {
    const claim = fc.record({ computed: fc.double({ min: 0.2, max: 1, noNaN: true }), right: fc.boolean() });
    fc.assert(
      fc.property(fc.array(claim, { minLength: 30, maxLength: 200 }), (judged) => {
        const { calibration = [], answers = 0 } = calibrateConfidence(judged) ?? {};
        expect(answers).toBe(judged.length);
        expect(calibration.length).toBeLessThanOrEqual(102);
        expect(calibration.at(-1)?.[0]).toBe(1);
        let [x0, y0] = [0, 0];
        for (const [x, y] of calibration) {
          expect(x).toBeGreaterThan(x0);
          expect(y).toBeGreaterThanOrEqual(y0);
          expect(y).toBeLessThanOrEqual(1);
          [x0, y0] = [x, y];
        }
      }),
    );
  });

  it('is the same in whatever order answers come', () => {
    const judged = [...claims(20, 0.9, 11), ...claims(20, 0.6, 13), ...claims(20, 0.4, 2)];
    const mixed = [...judged].sort((a, b) => Math.sin(1e4 * a.computed) - Math.sin(1e4 * b.computed));
    expect(calibrateConfidence([...mixed].reverse())).toEqual(calibrateConfidence(judged));
  });
});

describe('claims that people judged', () => {
  const claimOf = (...answers: readonly Partial<Feedback>[]) =>
    judgedClaims(
      answers.map((changes, i) => exampleFeedback({ by: String(i), ...changes })),
      defaultModel.name,
    );
  const shown = [{ service: 'default/production//payment', confidence: 0.7, computed: 0.91 }];

  it('are the first causes, with the confidence before calibration', () => {
    expect(claimOf({ shown })).toEqual([{ computed: 0.91, right: true }]);
    expect(claimOf({ shown, answer: 'wrong' })).toEqual([{ computed: 0.91, right: false }]);
  });

  it('are wrong where nothing was', () => {
    expect(claimOf({ answer: 'not-an-incident' })).toEqual([{ computed: 0.91, right: false }]);
  });

  it('are none where people disagree, no cause was named, or another model ranked', () => {
    expect(claimOf({}, { answer: 'wrong' })).toEqual([]);
    expect(claimOf({ answer: 'wrong', shown: [] })).toEqual([]);
    expect(claimOf({ model: 'rule/0' })).toEqual([]);
  });
});
