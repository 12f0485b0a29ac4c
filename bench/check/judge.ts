import { isCulprit, marginMs, type IncidentWatch } from '@plumbline/standalone';
import type { PlannedFault } from './plan';

/** A fault that the shop had, in event time, milliseconds since the epoch. */
export interface InjectedFault extends PlannedFault {
  readonly injectedMs: number;
  readonly endedMs: number;
}

/** What became of it. */
export interface JudgedFault extends InjectedFault {
  /** Milliseconds to the incident; absent when none opened within a minute, as a check counts it. */
  readonly afterMs?: number;
  /** Milliseconds to an incident that opened later than that, but not later than a minute after the fault. */
  readonly lateMs?: number;
  /** Whom the incident named first a minute after the fault began, or when it opened late. */
  readonly named?: string;
  /** Found within a minute, and named right. */
  readonly asSaid: boolean;
  /** Whether an incident was still open when it began. */
  readonly alongside: boolean;
}

/** Time of a recording in which there was no fault. */
export interface Quiet {
  readonly minutes: number;
  readonly falseAlarms: number;
}

/** What is known of the incidents of a replay. */
export interface Told {
  readonly watch: Pick<IncidentWatch, 'outcome' | 'openedAtMs'>;
  /** When each was open, milliseconds since the epoch. */
  readonly open: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** Stretch that was judged, milliseconds since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Judges faults as a check judges its own: the same minute, counted in event time to the end of the window that decided. */
export function judge(faults: readonly InjectedFault[], { watch, open }: Told): JudgedFault[] {
  return faults.map((fault) => {
    const { afterMs, ranking } = watch.outcome(fault.injectedMs);
    const [named] = ranking;
    const late = watch.openedAtMs
      .filter((ms) => ms > fault.injectedMs && ms <= fault.endedMs + marginMs)
      .sort(ascending);
    const lateMs = afterMs === undefined && late[0] !== undefined ? late[0] - fault.injectedMs : undefined;
    return {
      ...fault,
      ...(afterMs === undefined ? {} : { afterMs }),
      ...(lateMs === undefined ? {} : { lateMs }),
      ...(named === undefined ? {} : { named }),
      asSaid: afterMs !== undefined && named !== undefined && isCulprit(named, fault.target),
      alongside: open.some(({ fromMs, toMs }) => fromMs <= fault.injectedMs && toMs > fault.injectedMs),
    };
  });
}

/** The time between faults, and what opened in it: what opens within a minute of a fault's end is of the fault. */
export function quietOf(faults: readonly InjectedFault[], { watch, fromMs, toMs }: Told): Quiet {
  const of = ({ injectedMs, endedMs }: InjectedFault) => ({ from: injectedMs, to: endedMs + marginMs });
  const falseAlarms = watch.openedAtMs.filter(
    (ms) => ms > fromMs && !faults.map(of).some(({ from, to }) => ms > from && ms <= to),
  );
  const faultMs = faults
    .map(of)
    .reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, toMs) - Math.max(from, fromMs)), 0);
  return { minutes: Math.max(0, toMs - fromMs - faultMs) / 60_000, falseAlarms: falseAlarms.length };
}

function ascending(a: number, b: number): number {
  return a - b;
}
