import type { Duration } from 'cdk8s';
import type { Severity } from '../core/alert';
import { InvalidPropError, UnknownNameError } from '../core/errors';

/** Which alerts a receiver is told of: those for which all that is said here is so. */
export interface AlertRoute {
  /** Name of the receiver. */
  readonly receiver: string;
  /** @default - of any severity, but `info`, of which nobody is told */
  readonly severity?: Exclude<Severity, 'info'>;
  /** Team that owns it, the alert's label `team`. @default - of any team */
  readonly team?: string;
  /** After which time people are told again of what goes on. @default - that of {@link GroupingProps} */
  readonly repeat?: Duration;
  /** Names of {@link TimeInterval}s in which people are not told; what still goes on afterwards they are told then. @default - none */
  readonly mutedDuring?: readonly string[];
  /** Names of {@link TimeInterval}s in which alone people are told. @default - at any time */
  readonly activeDuring?: readonly string[];
}

/** Times that come again; all that is said has to hold. Ranges of names and numbers have both of their ends. */
export interface TimeInterval {
  /** Such as `{ from: '09:00', to: '17:00' }`, without its end; `24:00` is the end of a day. @default - at any time of a day */
  readonly times?: readonly { readonly from: string; readonly to: string }[];
  /** Such as `monday:friday`. @default - on any */
  readonly weekdays?: readonly string[];
  /** Such as `1:5`; `-1` is the last. @default - on any */
  readonly daysOfMonth?: readonly string[];
  /** Such as `december` or `1:3`. @default - in any */
  readonly months?: readonly string[];
  /** Such as `2026:2027`. @default - in any */
  readonly years?: readonly string[];
  /** Such as `Europe/Berlin`. @default 'UTC' */
  readonly location?: string;
}

/** {@link TimeInterval}s by name; one of a name's is enough. */
export type TimeIntervals = Readonly<Record<string, readonly TimeInterval[]>>;

/** How alerts that belong together become one message. */
export interface GroupingProps {
  /** Labels that alerts of a message have in common. @default ['alertname', 'job', 'service'] */
  readonly by?: readonly string[];
  /** How long the first message waits for more of its kind. @default Duration.seconds(30) */
  readonly wait?: Duration;
  /** How long the next message about the same waits. @default Duration.minutes(5) */
  readonly interval?: Duration;
  /** After which time people are told again of what goes on. @default Duration.hours(4) */
  readonly repeat?: Duration;
}

/** Whom the construct itself puts beside the receivers: who waits for the deadman's alert, and who hears nothing. */
export const reserved = { deadman: 'deadman', nobody: 'nobody', smtp: 'smtp' } as const;

/**
 * @throws {UnknownNameError} if a route leads to nobody that there is, or at times that there are not
 * @throws {InvalidPropError} if a route takes every alert, or none leads to a receiver
 */
export function checkRoutes(
  path: string,
  receivers: readonly string[],
  otherwise: string,
  routes: readonly AlertRoute[],
  intervals: TimeIntervals = {},
): void {
  for (const { mutedDuring = [], activeDuring = [] } of routes)
    for (const name of [...mutedDuring, ...activeDuring])
      if (intervals[name] === undefined)
        throw new UnknownNameError(`time interval of ${path}`, name, Object.keys(intervals));
  for (const name of receivers)
    if (Object.values<string>(reserved).includes(name))
      throw new InvalidPropError(`${path}.receivers`, name, 'free: the construct has one of this name itself');
  for (const name of [otherwise, ...routes.map(({ receiver }) => receiver)])
    if (!receivers.includes(name)) throw new UnknownNameError(`receiver of ${path}`, name, receivers);
  for (const { receiver, severity, team } of routes)
    if (severity === undefined && team === undefined)
      throw new InvalidPropError(
        `${path}.routes`,
        { receiver },
        'of a severity or a team: who gets all that no route takes is `otherwise`',
      );
  const told = new Set([otherwise, ...routes.map(({ receiver }) => receiver)]);
  const idle = receivers.find((name) => !told.has(name));
  if (idle !== undefined)
    throw new InvalidPropError(`${path}.receivers`, idle, 'told of anything: name it in `routes` or `otherwise`');
}
