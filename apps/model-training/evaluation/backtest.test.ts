import { episodes, type PastTrace } from './backtest';

const minute = 60_000;
const trace = (atMinute: number, exceeds: boolean, entry = 'web GET /'): PastTrace => ({
  timeMs: atMinute * minute,
  entry,
  exceeds,
});
const quiet = Array.from({ length: 600 }, (_, i) => trace(i, i % 150 === 0));

describe('Looking back', () => {
  it('opens nothing for what the alarm rate explains', () => {
    expect(episodes(quiet, 0.01)).toBe(0);
  });

  it('opens one for what goes on, and another one for what comes back', () => {
    const burst = (from: number) => Array.from({ length: 25 }, (_, i) => trace(from + i, true));
    expect(episodes([...quiet, ...burst(100)], 0.01)).toBe(1);
    expect(episodes([...quiet, ...burst(100), ...burst(300)], 0.01)).toBe(2);
  });

  it('opens one for several entries at once, and none for traces of entries that have little to do with each other', () => {
    const at = (entry: string) => Array.from({ length: 5 }, (_, i) => trace(i, true, entry));
    expect(episodes([...at('a'), ...at('b')], 0.01)).toBe(1);
    expect(
      episodes(
        ['a', 'b', 'c', 'd'].map((entry) => trace(1, true, entry)),
        0.01,
      ),
    ).toBe(0);
  });
});
