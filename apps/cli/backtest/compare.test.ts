import { exampleIncident } from '@plumbline/wire/incident.testing';
import type { Incident } from '@plumbline/wire';
import { compareIncidents } from './compare';

const minute = 60_000;
const start = Date.UTC(2026, 0, 24, 21);

/** An incident of so many minutes that opened at once. */
function incident(id: string, fromMinute: number, minutes: number, changes: Partial<Incident> = {}): Incident {
  const startedAtMs = start + fromMinute * minute;
  return exampleIncident({
    id,
    startedAtMs,
    openedAtMs: startedAtMs,
    throughMs: startedAtMs + minutes * minute,
    ...changes,
  });
}

describe('a comparison of two replays', () => {
  it('finds nothing to tell of incidents that are alike, whatever their ids', () => {
    const before = [incident('a', 0, 5), incident('b', 20, 5)];
    const after = [incident('c', 0, 6), incident('d', 20, 3)];
    expect(compareIncidents(before, after)).toEqual({ gone: [], added: [], changed: [], same: 2 });
  });

  it('lists what only one of them has', () => {
    const { gone, added, same } = compareIncidents(
      [incident('a', 0, 5), incident('b', 20, 5)],
      [incident('a', 0, 5), incident('c', 40, 5)],
    );
    expect([gone.map(({ id }) => id), added.map(({ id }) => id), same]).toEqual([['b'], ['c'], 1]);
    expect(gone[0]).toMatchObject({ openedAt: '2026-01-24T21:20:00.000Z', title: 'High latency in gateway' });
    expect(gone[0]?.firstCause).toBe('payment');
  });

  it('pairs those that share the most time, and says what changed', () => {
    const before = [incident('a', 0, 10)];
    const after = [incident('b', 1, 8, { causes: [] }), incident('c', 9, 20)];
    const { changed, added } = compareIncidents(before, after);
    expect(changed.map((pair) => [pair.before.id, pair.after.id])).toEqual([['a', 'b']]);
    expect(changed[0]?.after.firstCause).toBeUndefined();
    expect(added.map(({ id }) => id)).toEqual(['c']);
  });

  it('pairs nothing across tenants', () => {
    const { gone, added } = compareIncidents([incident('a', 0, 5)], [incident('b', 0, 5, { tenant: 'other' })]);
    expect([gone.length, added.length]).toEqual([1, 1]);
  });
});
