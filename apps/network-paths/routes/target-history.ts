import type { NetworkPathTarget } from '@plumbline/contracts';
import type { FailureKind, Measurement } from '../mtr/measurement';
import { joined, mayBeSame, routeId, type Addresses, type Route, type RouteChange } from './route';

/** One measurement as it is kept. */
export interface Sample {
  readonly atMs: number;
  readonly reached: boolean;
  /** Of packets to the target, 0 to 1. */
  readonly loss: number;
  /** Milliseconds; absent when the target did not answer. */
  readonly rtt: number | undefined;
}

/** A measurement that did not come about. */
export interface Failure {
  readonly atMs: number;
  readonly kind: FailureKind;
  readonly message: string;
}

/** Most that is kept of a target, the newest; what is older, Prometheus knows. */
export const kept = { samples: 120, routes: 16, changes: 50 } as const;

/** What happened to one target since the start of the process. */
export class TargetHistory {
  private latest: (Measurement & { readonly atMs: number }) | undefined;
  private failed: Failure | undefined;
  private readonly known: Route[] = [];
  private readonly changed: RouteChange[] = [];
  private readonly measured: Sample[] = [];
  private lostSince: number | undefined;

  constructor(readonly target: NetworkPathTarget) {}

  /** The newest measurement, unless something failed since. */
  get current(): (Measurement & { readonly atMs: number }) | undefined {
    return this.failed === undefined ? this.latest : undefined;
  }

  /** The newest measurement that came about. */
  get last(): (Measurement & { readonly atMs: number }) | undefined {
    return this.latest;
  }

  /** Why nothing is known now. */
  get failure(): Failure | undefined {
    return this.failed;
  }

  /** The way that packets go, or went when the target last answered. */
  get route(): Route | undefined {
    return this.known.at(-1);
  }

  /** Ways that packets went, the newest first. */
  get routes(): readonly Route[] {
    return this.known.toReversed();
  }

  /** The newest first. */
  get changes(): readonly RouteChange[] {
    return this.changed.toReversed();
  }

  /** The oldest first. */
  get samples(): readonly Sample[] {
    return this.measured;
  }

  /** When the target was first found not to answer, if it does not. */
  get lostSinceMs(): number | undefined {
    return this.lostSince;
  }

  /** @returns the change of the route, if it is one */
  measuredAt(atMs: number, measurement: Measurement): RouteChange | undefined {
    const { reached, hops } = measurement;
    this.latest = { ...measurement, atMs };
    this.failed = undefined;
    this.lostSince = reached ? undefined : (this.lostSince ?? atMs);
    const end = reached ? hops.at(-1) : undefined;
    push(this.measured, { atMs, reached, loss: end?.loss ?? 1, rtt: end?.rtt?.mean }, kept.samples);
    // Where the target does not answer, nobody knows which way packets would go.
    return reached
      ? this.wentBy(
          hops.map(({ host }) => host),
          atMs,
        )
      : undefined;
  }

  failedAt(atMs: number, kind: FailureKind, message: string): void {
    this.failed = { atMs, kind, message };
  }

  private wentBy(addresses: Addresses, atMs: number): RouteChange | undefined {
    const { route } = this;
    // The way that it went is asked first: a route with silent routers may be several.
    const index = this.known.findLastIndex((each) => mayBeSame(each.addresses, addresses));
    const found = this.known[index];
    if (found === undefined) {
      push(this.known, { id: routeId(addresses), addresses, firstSeenMs: atMs, lastSeenMs: atMs }, kept.routes);
    } else {
      this.known.splice(index, 1);
      this.known.push({ ...found, addresses: joined(found.addresses, addresses), lastSeenMs: atMs });
    }
    if (route === undefined || found === route) return undefined;
    const change = { atMs, from: route.addresses, to: addresses, isNew: found === undefined };
    push(this.changed, change, kept.changes);
    return change;
  }
}

function push<T>(list: T[], item: T, most: number): void {
  list.push(item);
  if (list.length > most) list.shift();
}
