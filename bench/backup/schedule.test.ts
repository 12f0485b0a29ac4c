import { longestIntervalMinutes, ScheduleError } from './schedule';

describe('the longest time between two runs', () => {
  it.each([
    ['*/5 * * * *', 5],
    ['2-59/15 * * * *', 15],
    ['23 * * * *', 60],
    ['41 3 * * *', 24 * 60],
    ['* * * * *', 1],
    ['*/7 * * * *', 7],
    ['0 8-18/2 * * *', 14 * 60],
    ['0,50 * * * *', 50],
    ['5/20 * * * *', 20],
  ])('of %s is %d minutes', (schedule, minutes) => {
    expect(longestIntervalMinutes(schedule)).toBe(minutes);
  });

  it.each(['0 0 * * 1', '0 0 1 * *', '@hourly', '61 * * * *', '*/0 * * * *', 'x * * * *', '9-3 * * * *'])(
    'is not told of %s',
    (schedule) => {
      expect(() => longestIntervalMinutes(schedule)).toThrow(ScheduleError);
    },
  );
});
