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
}

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
 * @throws {UnknownNameError} if a route leads to nobody that there is
 * @throws {InvalidPropError} if a route takes every alert, or none leads to a receiver
 */
export function checkRoutes(
  path: string,
  receivers: readonly string[],
  otherwise: string,
  routes: readonly AlertRoute[],
): void {
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
