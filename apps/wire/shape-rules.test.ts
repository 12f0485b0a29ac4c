import { anyChild, rulesOf } from './shape-rules';
import { shapeKey } from './stats';

const shapes = (...sets: readonly (readonly [labels: readonly string[], count: number])[]) =>
  new Map(sets.map(([labels, count]) => [shapeKey(labels), { count }]));

describe('rules among the children of an operation', () => {
  test('are those that have nearly always held', () => {
    const { rules } = rulesOf(shapes([['a', 'b'], 96], [['a'], 4], [['b'], 10]));
    expect(rules).toContainEqual({ given: 'a', expected: 'b' });
    expect(rules).not.toContainEqual({ given: 'b', expected: 'a' });
  });

  test('are not made of what was seen a few times', () => {
    expect(rulesOf(shapes([['a', 'b'], 4])).rules).toEqual([]);
    expect(rulesOf(shapes([['a', 'b'], 5])).rules).not.toEqual([]);
  });

  test('name as regular what nine of ten have, from twenty on', () => {
    expect(rulesOf(shapes([['a'], 18], [[], 2])).regular).toEqual(['a']);
    expect(rulesOf(shapes([['a'], 17], [[], 3])).regular).toEqual([]);
    expect(rulesOf(shapes([['a'], 19])).regular).toEqual([]);
  });

  test('are the same in whatever order the sets came, beyond the number that is kept too', () => {
    const many = Array.from({ length: 20 }, (_, i) => `step ${i}`);
    const sets = [[many, 50] as const, [many.slice(0, 10), 1] as const, [[], 1] as const];
    expect(rulesOf(shapes(...sets))).toEqual(rulesOf(shapes(...[...sets].reverse())));
    expect(rulesOf(shapes(...sets)).rules).toContainEqual({ given: anyChild, expected: 'step 0' });
    expect(rulesOf(shapes(...sets)).rules.length).toBeLessThanOrEqual(256);
  });
});
