import { Duration } from 'cdk8s';
import { InvalidPropError } from './errors';
import { rate } from './promql';
import { Slo } from './slo';

/** How long each part may take, of what comes and of what is asked. */
export interface LatencyBudgets {
  /** Spans in collectors. @default Duration.seconds(15) */
  readonly collector: Duration;
  /** Spans in the trace store, until they can be found. @default Duration.seconds(15) */
  readonly traceStore: Duration;
  /** Lines, from when they were written until the agent of their node has handed them over. @default Duration.seconds(10) */
  readonly logAgent: Duration;
  /** Lines in the log store, until they can be found. @default Duration.seconds(20) */
  readonly logStore: Duration;
  /** Questions of dashboards to stores. @default Duration.seconds(5) */
  readonly queries: Duration;
  /** A message to somebody who is to be told of an alert. @default Duration.seconds(30) */
  readonly alerts: Duration;
  /** From what happened to where incidents are looked for. @default Duration.minutes(5) */
  readonly incidents: Duration;
}

/** What is promised of a platform, over thirty days. */
export interface ObjectivesProps {
  /** How much of what comes is taken, of what is asked is answered, of what people are to be told is told; percent. @default 99.9 */
  readonly availability?: number;
  /** How much of it is so within its time; percent. @default 99 */
  readonly inTime?: number;
  /** @default - documents 002 and 003 say them, but for incidents */
  readonly latency?: Partial<LatencyBudgets>;
}

/** {@link ObjectivesProps} without gaps. */
export interface Objectives {
  readonly availability: number;
  readonly inTime: number;
  readonly latency: LatencyBudgets;
}

const usualLatency: LatencyBudgets = {
  collector: Duration.seconds(15),
  traceStore: Duration.seconds(15),
  logAgent: Duration.seconds(10),
  logStore: Duration.seconds(20),
  queries: Duration.seconds(5),
  alerts: Duration.seconds(30),
  incidents: Duration.minutes(5),
};

/** What is promised, with defaults for what is not said. */
export function objectivesOf({ availability = 99.9, inTime = 99, latency }: ObjectivesProps): Objectives {
  return { availability, inTime, latency: { ...usualLatency, ...latency } };
}

/** Bounds of the histograms in which Grafana's servers count how long requests took, seconds. */
export const requestBounds: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100];

/** Options of {@link served}. */
export interface ServedProps {
  readonly name: string;
  readonly description: string;
  /** Percent. */
  readonly objective: number;
  /** Scrape job that counts; while none of its pods is there, all goes wrong. */
  readonly job: string;
  /** Selector of a counter of all requests. */
  readonly all: string;
  /** Selector of a counter of those that failed: absent until one does. */
  readonly failed: string;
}

/** That requests are answered without an error, and that somebody is there to answer them. */
export function served({ all, failed, job, ...rest }: ServedProps): Slo {
  return new Slo({
    ...rest,
    errors: (range) => `(${rate(failed, range)} or 0 * ${rate(all, range)})`,
    total: (range) => `(${rate(all, range)} > 0)`,
    wrongWhile: noneAnswers(job),
  });
}

/** 1 while no pod of a scrape job is there, and 0 else; nothing at times at which nothing at all was read. */
export function noneAnswers(job: string): string {
  return `1 - (max(up{job="${job}"}) or 0 * max(up))`;
}

/** Options of {@link inTime}. */
export interface InTimeProps {
  readonly name: string;
  readonly description: string;
  /** Percent. */
  readonly objective: number;
  /** Name of a histogram of durations, without `_bucket`. */
  readonly histogram: string;
  /** Matchers of its series. */
  readonly of: string;
  /** Its bounds, seconds. */
  readonly bounds: readonly number[];
  readonly budget: Duration;
}

/**
 * That requests take no longer than a budget: than the largest bound of their histogram that is within it, so that less is allowed than was
 * promised, never more.
 *
 * @throws {InvalidPropError} if no bound is within the budget
 */
export function inTime({ histogram, of, bounds, budget, ...rest }: InTimeProps): Slo {
  const bound = boundWithin(rest.name, bounds, budget);
  const counted = (le: string, range: string) => rate(`${histogram}_bucket{${of}, le=${le}}`, range);
  // Prometheus 3 writes whole bounds as `10.0`, earlier ones as `10`.
  const within = Number.isInteger(bound) ? `~"${bound}([.]0)?"` : `"${bound}"`;
  return new Slo({
    ...rest,
    errors: (range) => `(${counted('"+Inf"', range)} - ${counted(within, range)})`,
    total: (range) => `(${counted('"+Inf"', range)} > 0)`,
  });
}

/** The largest bound of a histogram that is within a budget, seconds. @param name of the objective, for errors @throws as {@link inTime} does */
export function boundWithin(name: string, bounds: readonly number[], budget: Duration): number {
  const seconds = budget.toMilliseconds() / 1000;
  const bound = bounds.filter((each) => each <= seconds).at(-1);
  if (bound === undefined)
    throw new InvalidPropError(`latency of ${name}`, `${seconds} s`, `${bounds[0] ?? 0} s or more, the first bound`);
  return bound;
}
