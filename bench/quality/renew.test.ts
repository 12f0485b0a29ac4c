import { renewed } from './renew';
import type { Measured, Part } from './result';

const run = (command: string, parts: Part[]) => ({
  command,
  commit: 'abc',
  node: '',
  cpus: 2,
  seed: 1,
  seconds: 60,
  parts,
});
const alarms = (falseAlarms: number) => ({ falseAlarms, lasting: 0, stuck: 0, quietMinutes: 4320 });
const whole: Measured = {
  full: true,
  runs: [run('all', ['days', 'rank', 'one-trace'])],
  days: { systems: 3, spans: 1, alarms: alarms(12) },
  rank: { scores: [], differences: [], cases: [] },
  oneTrace: [],
};

describe('a part that is measured anew', () => {
  const days: Measured = {
    full: true,
    runs: [run('days', ['days'])],
    days: { systems: 3, spans: 1, alarms: alarms(0) },
  };

  it('takes the place of what was measured before, and the other parts stay', () => {
    const result = renewed(whole, days);
    expect(result.days).toEqual(days.days);
    expect(result.rank).toEqual(whole.rank);
    expect(result.oneTrace).toEqual([]);
  });

  it('is known by its own run, and the others by theirs', () => {
    const { runs } = renewed(whole, days);
    expect(runs.map(({ command, parts }) => [command, parts])).toEqual([
      ['all', ['rank', 'one-trace']],
      ['days', ['days']],
    ]);
  });

  it('leaves nothing of a run all of whose parts were measured anew', () => {
    expect(renewed(days, { ...days, runs: [run('again', ['days'])] }).runs.map(({ command }) => command)).toEqual([
      'again',
    ]);
  });

  it('is gone where it was asked for and could not be measured', () => {
    expect(renewed(whole, { full: true, runs: [run('days', ['days'])] }).days).toBeUndefined();
  });

  it('is all there is where nothing was measured before', () => {
    expect(renewed(undefined, days)).toBe(days);
  });
});
