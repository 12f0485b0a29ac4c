/** Told what was done: a sentence, and what it is about. */
export type Report = (event: string, about: Readonly<Record<string, string | number>>) => void;

/** Tells nobody. */
export const silentReport: Report = () => undefined;

/** How work goes on. */
export interface WorkOptions {
  /** Objects that are read and written at once. @default 4 */
  readonly concurrency?: number;
  /** @default - nobody is told */
  readonly report?: Report;
  /** Ends the work between two objects; what was written stays and is used by the next run. @default - it goes on to its end */
  readonly signal?: AbortSignal;
}

export const defaultConcurrency = 4;
