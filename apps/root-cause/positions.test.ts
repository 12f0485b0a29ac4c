import { Positions } from './positions';

describe('positions to commit', () => {
  test('are unknown before anything was read', () => {
    expect(new Positions().committable('window-stats', 0, 0)).toBeUndefined();
  });

  test('stay at the first record that speaks of the horizon or later', () => {
    const positions = new Positions();
    for (const [offset, ms] of [
      [5, 10],
      [6, 30],
      [7, 20],
      [8, 40],
    ] as const)
      positions.note('window-stats', 0, offset, ms);
    expect(positions.committable('window-stats', 0, 20)).toBe(6);
    expect(positions.committable('window-stats', 0, 31)).toBe(8);
  });

  test('go to the end when nothing is needed any more, heartbeats included', () => {
    const positions = new Positions();
    positions.note('window-stats', 0, 5, 10);
    positions.note('window-stats', 0, 6, -Infinity);
    expect(positions.committable('window-stats', 0, 11)).toBe(7);
  });

  test('are kept apart by partition', () => {
    const positions = new Positions();
    positions.note('window-stats', 0, 5, 10);
    positions.note('window-stats', 1, 50, 10);
    expect(positions.committable('window-stats', 1, 11)).toBe(51);
    expect(positions.committable('window-stats', 0, 0)).toBe(5);
  });
});
