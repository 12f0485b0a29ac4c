import type { DoctorContext } from './context';

/** Something that is wrong. */
export interface Finding {
  /** An `error` keeps something from working; a `warning` may, or only costs something. */
  readonly severity: 'error' | 'warning';
  /** What is wrong, without a full stop. */
  readonly problem: string;
  /** Where: an object as `namespace/Kind/name`, a file, a port. */
  readonly where: string;
  /** A command that mends it, or shows what to mend. */
  readonly remedy: string;
}

/** What a check saw. */
export interface Examination {
  /** What was looked at, such as `4 namespaces`. */
  readonly seen: string;
  readonly findings: readonly Finding[];
  /** What could not be told beside that, each with the reason, without a full stop. @default - everything could be told */
  readonly unknown?: readonly string[];
}

/** One thing that is looked at. */
export interface DoctorCheck {
  /** As `--only` takes it. */
  readonly name: string;
  /** What holds when nothing is found, as a sentence without a full stop. */
  readonly claim: string;
  /** How it shows when it does not hold. */
  readonly symptom: string;
  /** Whether it looks at a cluster. */
  readonly needsCluster: boolean;
  /**
   * Looks; changes nothing.
   *
   * @throws {VerifyError} when it cannot be told
   */
  run(context: DoctorContext): Promise<Examination>;
}

export function error(problem: string, where: string, remedy: string): Finding {
  return { severity: 'error', problem, where, remedy };
}

export function warning(problem: string, where: string, remedy: string): Finding {
  return { severity: 'warning', problem, where, remedy };
}
