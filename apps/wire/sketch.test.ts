import fc from 'fast-check';
import {
  addToSketch,
  bucketOf,
  countAtLeast,
  decodeSketch,
  encodeSketch,
  floor,
  gamma,
  mergeSketch,
  quantile,
  robustLog,
  sketchCount,
  valueOf,
  zeroBucket,
  type Sketch,
} from './sketch';

const relativeError = (gamma - 1) / (gamma + 1);
const value = fc.double({ min: 0.0011, max: 1e9, noNaN: true });

function sketchOf(values: readonly number[]): Sketch {
  const sketch: Sketch = new Map();
  for (const each of values) addToSketch(sketch, each);
  return sketch;
}

describe('buckets', () => {
  test('stand for every value in them to within 2.5 %', () => {
    fc.assert(
      fc.property(value, (v) => {
        expect(Math.abs(valueOf(bucketOf(v)) - v) / v).toBeLessThanOrEqual(relativeError + 1e-6);
      }),
    );
  });

  test('are in the order of values', () => {
    fc.assert(fc.property(value, value, (a, b) => (a <= b ? bucketOf(a) <= bucketOf(b) : bucketOf(a) >= bucketOf(b))));
  });

  test.each([0, -1, floor, NaN, -Infinity])('take %d for nothing', (nothing) => {
    expect(bucketOf(nothing)).toBe(zeroBucket);
    expect(valueOf(zeroBucket)).toBe(0);
  });

  test('of what lies above the floor come after the one of nothing', () => {
    expect(bucketOf(floor * 1.0001)).toBeGreaterThan(zeroBucket);
  });

  test('are finite for endless values, and can be sent', () => {
    expect(Number.isFinite(bucketOf(Infinity))).toBe(true);
    expect(JSON.parse(JSON.stringify(encodeSketch(sketchOf([Infinity]))))).toEqual(encodeSketch(sketchOf([Infinity])));
  });
});

describe('quantiles', () => {
  test('are those of the values, to within the width of a bucket', () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (vs, q) => {
          const sorted = [...vs].sort((a, b) => a - b);
          const exact = sorted[Math.floor(q * (sorted.length - 1))] ?? NaN;
          expect(Math.abs(quantile(sketchOf(vs), q) / exact - 1)).toBeLessThanOrEqual(relativeError + 1e-6);
        },
      ),
    );
  });

  test('of nothing are no number', () => {
    expect(quantile(new Map(), 0.5)).toBeNaN();
  });

  test('are no number where revisions have taken back everything', () => {
    const sketch = sketchOf([5]);
    addToSketch(sketch, 5, -1);
    addToSketch(sketch, 7, -1);
    expect(quantile(sketch, 0.5)).toBeNaN();
    expect(sketchCount(sketch)).toBe(0);
  });

  test('work on counts that are fractions, as forgetting makes them', () => {
    const sketch: Sketch = new Map([
      [bucketOf(10), 0.2],
      [bucketOf(20), 0.1],
    ]);
    expect(quantile(sketch, 0)).toBeCloseTo(10, 0);
    expect(quantile(sketch, 0.5)).toBeCloseTo(10, 0);
    expect(quantile(sketch, 1)).toBeCloseTo(20, 0);
  });

  test('outside 0 to 1 are the ends', () => {
    expect(quantile(sketchOf([1, 100]), -1)).toBe(quantile(sketchOf([1, 100]), 0));
    expect(quantile(sketchOf([1, 100]), 2)).toBe(quantile(sketchOf([1, 100]), 1));
  });
});

describe('merging', () => {
  const sketch = fc.array(value, { maxLength: 50 }).map(sketchOf);

  test('gives the same in any order', () => {
    fc.assert(
      fc.property(sketch, sketch, sketch, (a, b, c) => {
        const left: Sketch = new Map();
        for (const each of [a, b, c]) mergeSketch(left, each);
        const right: Sketch = new Map();
        for (const each of [c, a, b]) mergeSketch(right, each);
        expect(encodeSketch(left)).toEqual(encodeSketch(right));
      }),
    );
  });

  test('with weight −1 takes back exactly what was added, and leaves no trace', () => {
    fc.assert(
      fc.property(sketch, sketch, (a, b) => {
        const merged = new Map(a);
        mergeSketch(merged, b);
        mergeSketch(merged, b, -1);
        expect(encodeSketch(merged)).toEqual(encodeSketch(a));
      }),
    );
  });
});

test('counting from a value on takes in its own bucket', () => {
  const sketch = sketchOf([1, 10, 10, 100]);
  expect(countAtLeast(sketch, 10)).toBe(3);
  expect(countAtLeast(sketch, 110)).toBe(0);
  expect(countAtLeast(sketch, 0)).toBe(4);
});

describe('median and spread of logarithms', () => {
  test('are those of a log-normal', () => {
    const values: number[] = [];
    // Quantiles of exp(3 + 0.5·N): symmetric about the median in the logarithm.
    for (let i = 1; i < 2000; i += 1) values.push(Math.exp(3 + 0.5 * probit(i / 2000)));
    const { median, spread } = robustLog(sketchOf(values));
    expect(median).toBeCloseTo(3, 1);
    expect(spread).toBeGreaterThan(0.45);
    expect(spread).toBeLessThan(0.55);
  });

  test('of one value are it and no spread', () => {
    const { median, spread } = robustLog(sketchOf([20]));
    expect(median).toBeCloseTo(Math.log(20), 1);
    expect(spread).toBeCloseTo(0, 9);
  });

  test('of nothing are no numbers', () => {
    expect(robustLog(new Map())).toEqual({ median: NaN, spread: NaN });
  });
});

describe('the form on the wire', () => {
  test('is the same for equal sketches, however they came about', () => {
    expect(encodeSketch(sketchOf([3, 1, 2]))).toEqual(encodeSketch(sketchOf([2, 3, 1])));
  });

  test('gives back the sketch', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 50 }), (vs) => {
        expect(encodeSketch(decodeSketch(encodeSketch(sketchOf(vs))))).toEqual(encodeSketch(sketchOf(vs)));
      }),
    );
  });

  test('is read leniently: pairs that repeat add up, half a pair is nothing', () => {
    expect([...decodeSketch([5, 1, 5, 2, 7])]).toEqual([[5, 3]]);
  });

  test('holds no bucket that no value falls into, whatever was sent', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (bucket) => {
        const [[read = NaN] = []] = decodeSketch([bucket, 1]);
        expect(bucketOf(valueOf(read))).toBe(read);
      }),
    );
  });
});

/** Bisection on the error function's integral; slow and right. */
function probit(p: number): number {
  let [low, high] = [-6, 6];
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (cdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function cdf(x: number): number {
  let sum = x;
  let term = x;
  for (let i = 1; i < 100; i += 1) {
    term *= (x * x) / (2 * i + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
