import { shapeKey } from '@plumbline/wire';
import fc from 'fast-check';
import { areaUnderCurve, learnShop, matrixOf, shopRows } from '../testing';
import { traceFeatures } from '../features/columns';
import { OperationPaths } from './operation-paths';
import { PathCounter } from './path-counter';
import { decodePathCounts, encodePathCounts, pathLimits } from './path-counts';
import { PathModel } from './path-model';

const operation = 'default///shop\nGET /\n2\n1';
const name = { service: 'default///shop', operation: 'GET /', kind: 2, entry: true };

function counted(shapes: readonly (readonly [readonly string[], number])[]): PathModel {
  const counter = new PathCounter();
  for (const [labels, times] of shapes) for (let i = 0; i < times; i += 1) counter.count(operation, shapeKey(labels));
  return counter.model();
}
const surprise = (model: PathModel, ...labels: string[]): number =>
  model.ofBatch({ operations: [name] }).surprise(0, shapeKey(labels)) ?? NaN;

describe('surprise', () => {
  const model = counted([
    [['cart', 'price'], 900],
    [['cart'], 90],
    [[], 10],
  ]);

  test('is none for the most usual set, and rises as sets are rarer', () => {
    expect(surprise(model, 'cart', 'price')).toBe(0);
    // 90 + 10 traces and three never seen kinds, of 1000 and three.
    expect(surprise(model, 'cart')).toBeCloseTo(-Math.log(103 / 1003));
    expect(surprise(model)).toBeCloseTo(-Math.log(13 / 1003));
  });

  test('is greatest for what was never seen', () => {
    expect(surprise(model, 'price')).toBeGreaterThan(surprise(model));
    expect(surprise(model, 'cart', 'price', 'fraud')).toBeCloseTo(-Math.log(2 / 1002));
  });

  test('is none for any of a hundred ways that are equally usual', () => {
    const ways = counted(Array.from({ length: 100 }, (_, i) => [[`way ${i}`], 10] as const));
    for (let i = 0; i < 100; i += 1) expect(surprise(ways, `way ${i}`)).toBe(0);
    // Where every tenth trace brought something new, something new is no surprise.
    expect(surprise(ways, 'way 100')).toBeLessThan(2.5);
  });

  test('is small where little is known, and says nothing of operations that are not', () => {
    expect(surprise(counted([[['cart'], 1]]), 'other')).toBeLessThan(1.2);
    const unknown = model.ofBatch({ operations: [{ ...name, operation: 'GET /new' }] });
    expect(unknown.surprise(0, '')).toBeUndefined();
    expect(unknown.surprise(7, '')).toBeUndefined();
  });

  test('is a probability’s: never negative, never NaN, and rarer is never less surprising', () => {
    const shape = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 5 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(shape, fc.integer({ min: 1, max: 50 })), { maxLength: 12 }),
        shape,
        (shapes, asked) => {
          const learnt = counted(shapes);
          const counts = learnt.counts.get(operation);
          if (counts === undefined) return;
          const of = new OperationPaths(counts);
          const known = [...counts.shapes].sort(([, a], [, b]) => a - b).map(([key]) => of.surprise(key));
          expect(known).toEqual([...known].sort((a, b) => b - a));
          expect(of.surprise(shapeKey(asked))).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });

  test('remembers a bounded number of unknown sets', () => {
    const paths = new OperationPaths({
      traces: 10,
      rest: 0,
      kinds: 1,
      shapes: new Map([['a', 10]]),
      labels: new Map([['a', 10]]),
    });
    const first = paths.surprise('x 0');
    for (let i = 0; i < 5000; i += 1) paths.surprise(`x ${i}`);
    expect(paths.surprise('x 0')).toBe(first);
    expect((paths as unknown as { remembered: Map<string, number> }).remembered.size).toBeLessThanOrEqual(1024);
  });
});

describe('counts', () => {
  test('follow from the traces, in whatever order they came', () => {
    const shapes = [[['a', 'b'], 3] as const, [['b'], 5] as const, [[], 2] as const];
    const bytes = encodePathCounts(counted(shapes).counts);
    expect(Buffer.from(encodePathCounts(counted([...shapes].reverse()).counts)).equals(bytes)).toBe(true);
  });

  test('keep the most frequent sets of an operation, and how often the others were seen', () => {
    const counter = new PathCounter();
    for (let i = 0; i < 3000; i += 1) counter.count(operation, `rare ${i}`);
    for (let i = 0; i < 500; i += 1) counter.count(operation, 'usual');
    const counts = counter.model().counts.get(operation);
    expect(counts?.shapes.size).toBe(pathLimits.shapes);
    expect(counts?.traces).toBe(3500);
    expect(counts?.labels.size).toBe(pathLimits.labels);
    // Those after the first 1024 were not told apart, and the usual one came after them.
    expect(counts?.rest).toBe(3500 - pathLimits.shapes);
    expect(counts?.kinds).toBe(3500);
    expect(() => decodePathCounts(encodePathCounts(counter.model().counts))).not.toThrow();
  });

  test('pass over names and sets that are too long', () => {
    const counter = new PathCounter();
    counter.count(operation, 'x'.repeat(20_000));
    counter.count(operation, shapeKey(Array.from({ length: 65 }, (_, i) => `label ${i}`)));
    expect(counter.model().counts.size).toBe(0);
  });

  test('are the same after they were written and read', () => {
    const { counts } = learnShop(300).paths;
    expect(counts.size).toBeGreaterThan(5);
    expect(decodePathCounts(encodePathCounts(counts))).toEqual(counts);
  });

  test.each([
    ['a label that there is not', { labels: [] }],
    [
      'counts that do not add up',
      { operations: [{ key: 'a', traces: 5, rest: 0, kinds: 1, shapes: [[[0], 4]], labels: [] }] },
    ],
    [
      'fewer kinds than sets',
      { operations: [{ key: 'a', traces: 4, rest: 0, kinds: 0, shapes: [[[0], 4]], labels: [] }] },
    ],
    ['a negative count', { operations: [{ key: 'a', traces: -1, rest: 0, kinds: 1, shapes: [], labels: [] }] }],
  ])('are refused with %s', (_, wrong) => {
    const right = {
      schema: 1,
      labels: ['x'],
      operations: [{ key: 'a', traces: 4, rest: 0, kinds: 1, shapes: [[[0], 4]], labels: [[0, 4]] }],
    };
    expect(
      decodePathCounts(Buffer.from(JSON.stringify(right)))
        .get('a')
        ?.shapes.get('x'),
    ).toBe(4);
    expect(() => decodePathCounts(Buffer.from(JSON.stringify({ ...right, ...wrong })))).toThrow();
  });
});

describe('as a model of rows', () => {
  test('scores requests that leave a call out above normal ones', () => {
    const shop = learnShop(500);
    const scores = (fault?: { skip: string }) => shop.paths.score(shopRows(shop, 41, 300, fault));
    expect(areaUnderCurve(scores(), scores({ skip: 'payment' }))).toBeGreaterThan(0.75);
  });

  test('says nothing of a trace whose paths are not known', () => {
    const row = traceFeatures.map(() => NaN);
    expect([...new PathModel(new Map()).score(matrixOf([row]))]).toEqual([0]);
  });
});
