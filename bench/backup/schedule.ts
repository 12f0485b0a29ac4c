/** A schedule that this cannot reckon with. */
export class ScheduleError extends RangeError {
  readonly code = 'PLUMBLINE_SCHEDULE';
  override readonly name = 'ScheduleError';
}

const minutesOfDay = 24 * 60;

/**
 * The longest time between two runs, minutes. Of cron expressions that are the same every day: minutes and hours as `*`, numbers, lists, ranges
 * and steps (https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax).
 *
 * @throws {ScheduleError} for any other
 */
export function longestIntervalMinutes(schedule: string): number {
  const [minute = '', hour = '', ...days] = schedule.trim().split(/\s+/);
  if (days.length !== 3 || days.some((each) => each !== '*'))
    throw new ScheduleError(`${schedule}: only what is the same every day can be reckoned with`);
  const minutes = valuesOf(schedule, minute, 59);
  const times = valuesOf(schedule, hour, 23).flatMap((each) => minutes.map((at) => each * 60 + at));
  const gaps = times.map((time, index) => (times[index + 1] ?? (times[0] ?? 0) + minutesOfDay) - time);
  return Math.max(...gaps);
}

/** Rising. */
function valuesOf(schedule: string, field: string, most: number): readonly number[] {
  const values = field.split(',').flatMap((part) => {
    const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
    if (match === null) throw new ScheduleError(`${schedule}: ${part} is none of *, n, n-m, */s, n-m/s`);
    const [, from = '0', to, step] = match;
    const alone = match[1] !== undefined && to === undefined && step === undefined;
    const last = alone ? Number(from) : Number(to ?? most);
    const every = Number(step ?? 1);
    if (last > most || Number(from) > last || every === 0) throw new ScheduleError(`${schedule}: ${part} is no time`);
    return Array.from({ length: Math.floor((last - Number(from)) / every) + 1 }, (_, at) => Number(from) + at * every);
  });
  return Array.from(new Set(values)).sort((a, b) => a - b);
}
