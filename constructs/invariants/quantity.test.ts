import { isQuantity, parseQuantity } from './quantity';

describe('a resource quantity', () => {
  it.each([
    ['100m', 0.1],
    ['2', 2],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['1Gi', 2 ** 30],
    ['500k', 500_000],
    ['1e3', 1000],
    ['12E', 12e18],
  ])('%s is %d', (text, value) => {
    expect(parseQuantity(text)).toBeCloseTo(value, 9);
  });

  it.each(['256MB', '1 Gi', '', 'Gi', '1.2.3', '1K', '0x10'])('is not %j', (text) => {
    expect(isQuantity(text)).toBe(false);
    expect(() => parseQuantity(text)).toThrow(JSON.stringify(text));
  });
});
