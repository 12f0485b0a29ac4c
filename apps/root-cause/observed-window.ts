import { emptyTable, mergeTable, type StatsTable } from '@plumbline/wire';
import type { JudgedWindow } from './collect';
import type { ReferenceProfile } from './reference';

/** A closed window with what judged it. */
export interface ObservedWindow extends JudgedWindow {
  readonly reference: ReferenceProfile;
  /** It belonged to an open incident; no picture of normal. */
  inIncident: boolean;
}

/** Quiet windows that an incident is compared with. */
const quietWindows = 24;

/** What was normal before the window at `onsetMs`; the window right before it may be its beginning. */
export function quietBefore(history: readonly ObservedWindow[], onsetMs: number): StatsTable {
  const quiet = emptyTable();
  const before = history.filter(
    ({ startMs, durationMs, inIncident }) => startMs + 2 * durationMs <= onsetMs && !inIncident,
  );
  for (const window of before.slice(-quietWindows)) mergeTable(quiet, window.stats);
  return quiet;
}
