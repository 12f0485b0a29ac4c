import { UsageError } from '../errors';
import { defaultShares, defaultSizes, formatSize, parseShares, parseSlowdowns } from './sizes';

describe('sizes of faults', () => {
  it('are milliseconds more or multiples, from small to large', () => {
    expect(parseSlowdowns('50ms, 5ms').map(formatSize)).toEqual(['+5 ms', '+50 ms']);
    expect(parseSlowdowns('x10,x1.5').map(formatSize)).toEqual(['×1.5', '×10']);
    expect(parseShares('100%,2.5%').map(formatSize)).toEqual(['2.5 %', '100 %']);
  });

  it('have defaults that can be read', () => {
    expect(parseSlowdowns(defaultSizes)).toHaveLength(7);
    expect(parseShares(defaultShares)).toHaveLength(6);
  });

  it.each(['', '50', '0ms', 'x1', '-5ms', '50ms,', '50ms,x3'])('are no slowdowns when they are %j', (text) => {
    expect(() => parseSlowdowns(text)).toThrow(UsageError);
  });

  it.each(['', '5', '0%', '101%', '5%,x'])('are no shares when they are %j', (text) => {
    expect(() => parseShares(text)).toThrow(UsageError);
  });
});
