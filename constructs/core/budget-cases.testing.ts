import type { AlertCase, TestSeries } from './alert-case.testing';

/* What makes the two alerts of an objective fire, and what does not. */

const perMinute = 6000;
const total = `0+${perMinute}x60`;
const growing = (share: number) => `0+${Number((perMinute * share).toFixed(3))}x60`;

/** Series of which a share goes wrong all the time, from 0 to 1. */
export type WrongShare = (share: number) => TestSeries;

/**
 * Both alerts: at forty times what may go wrong somebody is woken, at five times not, but told of it; at half of it nobody is.
 *
 * @param percent what may go wrong
 * @param replaced series of a case that is of its own
 */
export function budgetCases(
  slo: string,
  percent: number,
  wrong: WrongShare,
  replaced: {
    readonly fast?: TestSeries;
    readonly fastSilent?: TestSeries;
    readonly slow?: TestSeries;
    readonly after?: number;
  } = {},
): readonly AlertCase[] {
  const times = (factor: number) => wrong((factor * percent) / 100);
  const { fast = times(40), fastSilent = times(5), slow = times(5), after = 30 } = replaced;
  const labels = (severity: string) => ({ slo, severity });
  return [
    { alert: `${slo}BudgetBurnsFast`, fires: fast, silent: fastSilent, labels: labels('critical'), after },
    { alert: `${slo}BudgetBurnsSlowly`, fires: slow, silent: times(0.5), labels: labels('warning'), after },
  ];
}

/** Requests that are counted by how they ended. @param job whose pods are there @param failed matchers of those that fail */
export function requests(series: string, job: string, answered: string, failed: string): WrongShare {
  return (share) => ({
    [`up{job="${job}"}`]: '1x60',
    [`${series}{job="${job}", ${answered}}`]: growing(1 - share),
    [`${series}{job="${job}", ${failed}}`]: growing(share),
  });
}

/** Requests of which a share takes longer than a bound of their histogram. @param bound as it is written */
export function durations(histogram: string, of: string, bound: string): WrongShare {
  return (share) => ({
    [`${histogram}_bucket{${of}, le="${bound}"}`]: growing(1 - share),
    [`${histogram}_bucket{${of}, le="+Inf"}`]: total,
  });
}

/** Nobody of a job is there, which is to be seen from others that are. */
export const nobody: TestSeries = { 'up{job="prometheus", instance="10.0.0.9:9090"}': '1x60' };
