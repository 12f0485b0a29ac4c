import type { StatsTable } from '@plumbline/wire';

/** What is ranked: the statistics of what an incident touches, and the normal ones they are compared with. */
export interface Scope {
  readonly now: StatsTable;
  readonly before: StatsTable;
  /** What a time has to differ by to matter to users, milliseconds. */
  readonly materialMs: number;
  /** Entries whose requests stay away, each with −ln of the probability of that, by service. */
  readonly stopped: ReadonlyMap<string, number>;
}
