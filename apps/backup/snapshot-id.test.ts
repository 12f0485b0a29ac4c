import { newSnapshotId, snapshotIdPattern, startOf } from './snapshot-id';

const now = Date.UTC(2026, 10, 30, 8, 19, 55, 7);

describe('The name of a backup', () => {
  it('says when it began, and is another each time', () => {
    expect(newSnapshotId(now)).toMatch(/^20261130T081955007Z-/);
    expect(newSnapshotId(now)).toMatch(snapshotIdPattern);
    expect(newSnapshotId(now)).not.toBe(newSnapshotId(now));
    expect(startOf(newSnapshotId(now))).toBe(now);
  });

  it('sorts by time, also within a second', () => {
    const ids = Array.from({ length: 50 }, (_, at) => newSnapshotId(now + at));
    expect(ids.toSorted()).toEqual(ids);
  });
});
