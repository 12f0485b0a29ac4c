import { CountPool } from './count-pool';

test('stretches do not overlap, and come back as zeros', () => {
  const pool = new CountPool(3);
  const stretches = Array.from({ length: 10_000 }, () => pool.take());
  for (const [i, { shared, first }] of stretches.entries()) shared.fill(i + 1, first, first + 3);
  for (const [i, { shared, first }] of stretches.entries()) {
    expect([...shared.subarray(first, first + 3)]).toEqual([i + 1, i + 1, i + 1]);
  }
  const [one] = stretches;
  if (one === undefined) throw new RangeError('one stretch');
  pool.give(one);
  const again = pool.take();
  expect(again).toBe(one);
  expect([...again.shared.subarray(again.first, again.first + 3)]).toEqual([0, 0, 0]);
});
