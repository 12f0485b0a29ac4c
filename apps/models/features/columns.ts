/** Names the meaning of every feature; changed whenever the same trace would give other numbers. */
export const featureMeaning = 'trace-features/1';

/** How many of the greatest excesses of each way have a column. */
export const topExcesses = { own: 4, out: 3, in: 3 } as const;

const traceColumns = [
  /** ln of the number of spans on the longest way from the root. */
  'depth',
  /** ln of the number of spans over what is usual of the entry. */
  'spans',
  /** ln(1 + spans in which a failure began). */
  'failures',
  /** ln(1 + findings of the profile): calls that were not made, more calls than usual, calls to where none ever went. */
  'missing-calls',
  'extra-calls',
  'new-calls',
  /** −ln p of the most surprising set of children, see `PathModel`. */
  'path',
  /**
   * The greatest excesses of any service, see `largestExcess` of the profile, greatest first: of own time, of outgoing and of
   * incoming calls.
   */
  'own-excess-1',
  'own-excess-2',
  'own-excess-3',
  'own-excess-4',
  'out-excess-1',
  'out-excess-2',
  'out-excess-3',
  'in-excess-1',
  'in-excess-2',
  'in-excess-3',
  /** The smallest ln ratio of own time: who leaves work out is quick. */
  'least-own',
  /** The largest and the smallest ln ratio of the number of calls that a service made. */
  'most-calls',
  'least-calls',
  /** Share of the services whose times the profile does not know. */
  'unknown',
] as const;
type TraceColumn = (typeof traceColumns)[number];

/** Features of the whole trace; they come first in a row, so that their column is the same whatever services are known. */
export const traceFeatures: readonly string[] = traceColumns;

/** Column of a feature of the whole trace. */
export const columnOf = Object.fromEntries(traceColumns.map((name, i) => [name, i])) as Readonly<
  Record<TraceColumn, number>
>;

/** Features of one service, in the order of their columns. */
export const serviceFeatures = ['own', 'out', 'in', 'failing', 'calls'] as const;

/** Features beyond this say no more: e²⁰ is more traces than anybody learns from. */
export const mostSurprise = 20;
