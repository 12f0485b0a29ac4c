import { createHash } from 'node:crypto';

/** Addresses from the first router to the target; `undefined` where a router does not answer. */
export type Addresses = readonly (string | undefined)[];

/** A route that was seen to a target. */
export interface Route {
  /** Of its addresses as they were first seen: the same after a restart, 12 hexadecimal digits. */
  readonly id: string;
  readonly addresses: Addresses;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

/** A route took another's place. */
export interface RouteChange {
  readonly atMs: number;
  readonly from: Addresses;
  readonly to: Addresses;
  /** Whether the route had not been seen before; else it is one of several that packets go. */
  readonly isNew: boolean;
}

/** Whether two may be one route: as long, and nowhere with two different addresses. A router that is silent now and then is no change. */
export function mayBeSame(one: Addresses, other: Addresses): boolean {
  return (
    one.length === other.length &&
    one.every((address, index) => {
      const there = other[index];
      return address === undefined || there === undefined || address === there;
    })
  );
}

/** Knows of a route what either knew. */
export function joined(one: Addresses, other: Addresses): Addresses {
  return one.map((address, index) => address ?? other[index]);
}

export function routeId(addresses: Addresses): string {
  return createHash('sha256')
    .update(addresses.map((address) => address ?? '?').join('>'))
    .digest('hex')
    .slice(0, 12);
}

/** The hops that differ. */
export interface Difference {
  /** Number of the first hop that differs. */
  readonly hop: number;
  readonly before: Addresses;
  readonly after: Addresses;
}

/** What is between the ends that both have. */
export function difference(from: Addresses, to: Addresses): Difference {
  const same = (a: string | undefined, b: string | undefined) => a === b || a === undefined || b === undefined;
  const shorter = Math.min(from.length, to.length);
  let start = 0;
  while (start < shorter && same(from[start], to[start])) start += 1;
  let end = 0;
  while (end < shorter - start && same(from.at(-1 - end), to.at(-1 - end))) end += 1;
  return { hop: start + 1, before: from.slice(start, from.length - end), after: to.slice(start, to.length - end) };
}
