import { superseded } from './keep';

const hour = 3_600_000;
const now = Date.parse('2026-06-30T12:30:00Z');

/** A backup so many hours ago. */
function backup(hoursAgo: number, complete = true) {
  return { id: `${hoursAgo}`, startedMs: now - hoursAgo * hour, complete };
}

function gone(hoursAgo: readonly number[], keep = { hours: 6, days: 3 }): readonly string[] {
  return superseded(
    hoursAgo.map((each) => backup(each)),
    keep,
    now,
  ).map(({ id }) => id);
}

describe('what is kept of backups', () => {
  it('is all of the last hours, and the newest of each day', () => {
    // 12:30: so 13 hours ago was yesterday.
    expect(gone([0, 1, 5, 7, 8, 13, 14, 37, 38, 61])).toEqual(['7', '8', '14', '38']);
  });

  it('is not what is older than the days, but the newest, however old', () => {
    expect(gone([80, 100, 200])).toEqual(['100', '200']);
    expect(gone([1_000])).toEqual([]);
  });

  it('is not an interrupted one for ever, nor does one count as the newest', () => {
    const backups = [backup(1, false), backup(30, false), backup(40)];
    expect(superseded(backups, { hours: 6, days: 0 }, now).map(({ id }) => id)).toEqual(['30']);
  });
});
