import { quantile, rate } from '../core/promql';

/* What is asked of smokeping_prober's series, which have the host of a target and not its name. */

/** A series of the value 1 for each target: its host, name and place. */
export const targetInfo = 'target:smokeping:info';
/** Recorded, of each target by all of its labels. */
export const recorded = {
  loss: 'target:smokeping_loss:ratio_rate5m',
  median: 'target:smokeping_round_trip_seconds:p50_rate5m',
  high: 'target:smokeping_round_trip_seconds:p95_rate5m',
} as const;

/** Labels that a target has beside the address that is pinged. */
export const targetLabels = ['target', 'region', 'site', 'provider', 'link'] as const;

/** The share of pings that is not answered; where none can even be sent, all of them. */
export function lossRatio(job: string, range: string): string {
  const [sent, answered] = ['requests_total', 'response_duration_seconds_count'].map((name) =>
    rate(`smokeping_${name}{job="${job}"}`, range, 'job', 'host'),
  );
  return `clamp_min(1 - ${answered} / (${sent} > 0), 0)\nor\n(${sent} == 0) + 1`;
}

/** The round trip that a share of answers is faster than; nothing where there are no answers. */
export function roundTrip(share: number, job: string, range: string): string {
  return `${quantile(share, `smokeping_response_duration_seconds_bucket{job="${job}"}`, range, 'job', 'host')} >= 0`;
}

/** Series by `job` and `host` with the labels of their target. @param chosen matchers of targets. @default - all */
export function named(expression: string, job: string, chosen = ''): string {
  const of = [`job="${job}"`, ...(chosen === '' ? [] : [chosen])].join(', ');
  return `(${expression})\n* on (job, host) group_left (${targetLabels.join(', ')}) ${targetInfo}{${of}}`;
}
