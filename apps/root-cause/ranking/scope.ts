import type { StatsTable } from '@plumbline/wire';

/** What is ranked: the statistics of what an incident touches, and the normal ones they are compared with. */
export interface Scope {
  readonly now: StatsTable;
  readonly before: StatsTable;
  /** What a time has to differ by to matter to users, milliseconds. */
  readonly materialMs: number;
  readonly stopped: readonly StoppedEntry[];
}

/** An entry whose requests stay away while others go on. */
export interface StoppedEntry {
  readonly service: string;
  readonly operation: string;
  /** −ln of the probability of that. */
  readonly evidence: number;
  /** Its share of all requests, usually and now. */
  readonly before: number;
  readonly now: number;
  /** All requests that were seen meanwhile. */
  readonly requests: number;
}
