import { figures, median, pairedDifference } from './figures';

const cases = [
  { service: 'a', found: true, rank: 1 },
  { service: 'a', found: true, rank: 1 },
  { service: 'a', found: true, rank: 4 },
  { service: 'b', found: false, rank: undefined },
];

describe('figures of a set of faults', () => {
  it('count what was found, named first and among the first three', () => {
    const { found, ac1, ac3, mrr, rightOfFound } = figures(cases);
    expect([found, ac1, ac3, mrr, rightOfFound].map(({ value }) => value)).toEqual([0.75, 0.5, 0.5, 2.25 / 4, 2 / 3]);
  });

  it('weigh every service alike in the mean by service', () => {
    expect(figures(cases).macroAc1.value).toBeCloseTo((2 / 3 + 0) / 2, 12);
  });

  it('have intervals that hold the value and shrink with more cases', () => {
    const few = figures(cases).ac1;
    const many = figures(Array.from({ length: 25 }, () => cases).flat()).ac1;
    expect(few.low).toBeLessThanOrEqual(few.value);
    expect(few.high).toBeGreaterThanOrEqual(few.value);
    // Normal approximation for 100 cases at a half: ± .098.
    expect(many.high - many.low).toBeGreaterThan(0.15);
    expect(many.high - many.low).toBeLessThan(0.24);
  });

  it('are not a number where nothing was found', () => {
    expect(figures([{ service: 'a', found: false, rank: undefined }]).rightOfFound.value).toBeNaN();
  });
});

describe('a paired difference', () => {
  it('has a lower bound above zero where one wins case by case, though both vary widely', () => {
    const theirs = Array.from({ length: 40 }, (_, index) => index);
    const ours = theirs.map((value) => value + 0.1);
    const { value, low } = pairedDifference(ours, theirs);
    expect(value).toBeCloseTo(0.1, 9);
    expect(low).toBeGreaterThan(0);
  });

  it('spans zero where they win in turn', () => {
    const ours = Array.from({ length: 40 }, (_, index) => index % 2);
    const { low, high } = pairedDifference(
      ours,
      ours.map((value) => 1 - value),
    );
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(0);
  });

  it('refuses lists of different lengths', () => {
    expect(() => pairedDifference([1], [])).toThrow(/1 cases against 0/);
  });
});

describe('a median', () => {
  it('is the middle value, the mean of the two middle ones, or nothing', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, undefined]);
  });
});
