import { seededRandom } from '@plumbline/worker/random';
import fc from 'fast-check';
import { areaUnderCurve, gaussianRows, matrixOf } from '../testing';
import { IsolationForest } from './isolation-forest';
import { meanSearchLength } from './trees';

const columns = [0, 1, 2, 3];
const normal = matrixOf(gaussianRows(1, 2000, 4));
const forest = IsolationForest.train(normal, columns, { seed: 7 });

test('scores what is far from everything higher than what is like the rest', () => {
  const scores = forest.score(matrixOf(gaussianRows(2, 1000, 4, 100, 4)));
  expect(areaUnderCurve(scores.slice(0, 900), scores.slice(900))).toBeGreaterThan(0.99);
});

test('gives 0.5 where it cannot tell rows apart', () => {
  const same = matrixOf(Array.from({ length: 300 }, () => [1, 2]));
  const scores = IsolationForest.train(same, [0, 1]).score(same);
  expect([...scores].every((score) => Math.abs(score - 0.5) < 1e-12)).toBe(true);
});

test('grows trees whose paths are as long on average as the search that they are measured by', () => {
  // Uniform values in one column are split as a search tree of numbers in random order is.
  const random = seededRandom(3);
  const uniform = matrixOf(Array.from({ length: 256 }, () => [random()]));
  const scores = IsolationForest.train(uniform, [0], { trees: 500 }).score(uniform);
  const mean = scores.reduce((sum, score) => sum - Math.log2(score), 0) / scores.length;
  expect(mean).toBeGreaterThan(0.95);
  expect(mean).toBeLessThan(1.05);
});

test('knows the mean length of a search', () => {
  const harmonic = (n: number): number => Array.from({ length: n }, (_, i) => 1 / (i + 1)).reduce((a, b) => a + b, 0);
  expect(meanSearchLength(1)).toBe(0);
  expect(meanSearchLength(2)).toBe(1);
  expect(meanSearchLength(256)).toBeCloseTo(2 * harmonic(255) - (2 * 255) / 256, 2);
});

test('follows from the seed alone', () => {
  const again = IsolationForest.train(normal, columns, { seed: 7 });
  expect(Buffer.from(again.encode()).equals(forest.encode())).toBe(true);
  const other = IsolationForest.train(normal, columns, { seed: 8 });
  expect(Buffer.from(other.encode()).equals(forest.encode())).toBe(false);
});

test('scores a row the same, whatever else is in the matrix', () => {
  const rows = gaussianRows(5, 1500, 4);
  const together = forest.score(matrixOf(rows));
  const reversed = forest.score(matrixOf([...rows].reverse()));
  expect([...reversed].reverse()).toEqual([...together]);
  expect(forest.score(matrixOf(rows.slice(700, 701)))[0]).toBe(together[700]);
});

describe('a missing value', () => {
  test('isolates a row no more than an ordinary value does', () => {
    const rows = gaussianRows(6, 500, 4);
    const typical = forest.score(matrixOf([[0, 0, 0, 0]]))[0] ?? NaN;
    const absent = forest.score(matrixOf([[NaN, NaN, NaN, NaN]]))[0] ?? NaN;
    const all = forest.score(matrixOf(rows));
    expect(absent).toBeLessThan([...all].sort((a, b) => a - b)[250] ?? 0);
    expect(Math.abs(absent - typical)).toBeLessThan(0.06);
  });

  test('hides nothing of what the other columns say', () => {
    const scores = forest.score(matrixOf([...gaussianRows(8, 400, 4), [NaN, 6, NaN, 6]]));
    expect([...scores].filter((score) => score > (scores[400] ?? 0)).length).toBeLessThan(8);
  });

  test('in training sets no row apart', () => {
    const rows = gaussianRows(9, 1000, 4).map((row, i) => (i % 2 === 0 ? row : [NaN, ...row.slice(1)]));
    const learnt = IsolationForest.train(matrixOf(rows), columns);
    const [odd, even] = [1, 0].map((of) => learnt.score(matrixOf(rows.filter((_, i) => i % 2 === of))));
    // Those that lack a value go with the many, so they are taken for more usual, if anything.
    expect(areaUnderCurve(even ?? [], odd ?? [])).toBeLessThan(0.5);
  });

  test('of all rows leaves a column unused', () => {
    const rows = gaussianRows(9, 300, 4).map((row) => [NaN, ...row.slice(1)]);
    const learnt = IsolationForest.train(matrixOf(rows), columns);
    expect(learnt.score(matrixOf([[1e9, 0, 0, 0]]))).toEqual(learnt.score(matrixOf([[-1e9, 0, 0, 0]])));
  });
});

describe('as bytes', () => {
  const bytes = forest.encode();

  test('scores as before', () => {
    const rows = matrixOf(gaussianRows(11, 300, 4));
    expect(IsolationForest.decode(bytes).score(rows)).toEqual(forest.score(rows));
  });

  test('is refused when it is cut, longer, or begins otherwise', () => {
    expect(() => IsolationForest.decode(bytes.subarray(0, -1))).toThrow(/bytes are not what its head says/);
    expect(() => IsolationForest.decode(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(/not a forest/);
    expect(() => IsolationForest.decode(new Uint8Array(0))).toThrow(/does not begin as one/);
  });

  test.each([
    ['more trees than there are', 12, 101],
    ['trees without end', 12, 0xffffffff],
    ['levels without end', 20, 200],
    ['columns without end', 24, 0xffff],
  ])('is refused with %s', (_, at, value) => {
    const wrong = Buffer.from(bytes);
    wrong.writeUInt32LE(value, at);
    expect(() => IsolationForest.decode(wrong)).toThrow(RangeError);
  });

  test('either is refused or scores within 0 and 1, whatever byte is changed', () => {
    const small = IsolationForest.train(normal, columns, { trees: 3, subsample: 16 }).encode();
    const rows = matrixOf([...gaussianRows(12, 20, 4), [NaN, Infinity, -Infinity, 1e30]]);
    fc.assert(
      fc.property(fc.nat(small.length - 1), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const wrong = Buffer.from(small);
        wrong[at] = value;
        let decoded: IsolationForest;
        try {
          decoded = IsolationForest.decode(wrong);
        } catch (error) {
          return error instanceof RangeError;
        }
        try {
          return [...decoded.score(rows)].every((score) => score >= 0 && score <= 1);
        } catch (error) {
          return error instanceof RangeError && error.message.includes('looks at column');
        }
      }),
      { numRuns: 500 },
    );
  });
});

test('refuses to be grown from nothing, or without end', () => {
  expect(() => IsolationForest.train(matrixOf([[1]]), [0])).toThrow(/rows, not 1/);
  expect(() => IsolationForest.train(normal, [])).toThrow(/columns, not 0/);
  expect(() => IsolationForest.train(normal, [4])).toThrow(/not 4/);
  expect(() => IsolationForest.train(normal, columns, { trees: 5000 })).toThrow(/trees, not 5000/);
  expect(() => forest.score(matrixOf([[1, 2]]))).toThrow(/column 3, the matrix has 2/);
});
