import { figures } from './figures';
import { goalsOf } from './goals';
import type { Measured, StreamsResult } from './result';

function seed(number: number, found: number, right: number, falseAlarms: number): StreamsResult['seeds'][number] {
  const cases = Array.from({ length: 47 }, (_, index) => ({
    service: 'a',
    found: index < found,
    rank: index < right ? 1 : undefined,
  }));
  return {
    seed: number,
    summary: { ...figures(cases), openedAfter: 20 },
    alarms: { falseAlarms, lasting: 0, stuck: 0, quietMinutes: 335 },
  };
}

const nothing = { bins: [], confident: { claims: 0, said: NaN, right: NaN }, brier: NaN };
const run: Measured = { full: true, runs: [] };
const missed = (seeds: StreamsResult['seeds']) =>
  goalsOf({ ...run, streams: { runs: [], seeds, calibration: nothing } })
    .filter(({ met }) => !met)
    .map(({ goal }) => goal);

describe('goals', () => {
  it('are met by the median of the seeds', () => {
    expect(missed([seed(1, 20, 20, 0), seed(2, 34, 30, 1), seed(3, 35, 30, 0)])).toEqual([]);
  });

  it('are missed by too few faults found or named, and by one seed that cries wolf twice', () => {
    expect(missed([seed(1, 32, 30, 0)])).toEqual(['streams: faults found of 47']);
    expect(missed([seed(1, 33, 28, 2)])).toEqual([
      'streams: faults named first of 47',
      'streams: right of those found',
      'streams: false alarms of a seed',
    ]);
  });

  it('are missed where a part was run that could not be measured', () => {
    const goals = goalsOf({ ...run, rank: { scores: [], differences: [], cases: [] }, traces: [] });
    expect(goals.map(({ met }) => met)).toEqual([false, false]);
  });

  it('are none for parts that were not run', () => {
    expect(goalsOf(run)).toEqual([]);
  });
});
