import pc from 'picocolors';
import { count } from '../verify/check';
import { untold } from '../verify/run';
import type { DoctorCheck, Finding } from './check';
import type { DoctorContext } from './context';

/** A check and what came of it. */
export interface DoctorReport {
  readonly check: Pick<DoctorCheck, 'name' | 'claim' | 'symptom'>;
  /** What was looked at, or why it could not be told. */
  readonly seen: string;
  readonly findings: readonly Finding[];
  /** What of it could not be told, each with the reason. */
  readonly unknown?: readonly string[];
  /** What to do where nothing of it could be told. */
  readonly untold?: string;
}

/** Told of each check as it begins and ends. */
export interface DoctorObserver {
  readonly onStart: (check: DoctorCheck) => void;
  readonly onEnd: (report: DoctorReport) => void;
}

/**
 * Runs checks one after another; none stands in the way of the next.
 *
 * @throws the reason of the signal, when that is aborted
 */
export async function examine(
  checks: readonly DoctorCheck[],
  context: DoctorContext,
  signal: AbortSignal,
  observer: DoctorObserver,
): Promise<readonly DoctorReport[]> {
  const reports: DoctorReport[] = [];
  for (const check of checks) {
    signal.throwIfAborted();
    observer.onStart(check);
    const report = await reportOf(check, context);
    signal.throwIfAborted();
    reports.push(report);
    observer.onEnd(report);
  }
  return reports;
}

async function reportOf(check: DoctorCheck, context: DoctorContext): Promise<DoctorReport> {
  const { name, claim, symptom } = check;
  try {
    return { check: { name, claim, symptom }, ...(await check.run(context)) };
  } catch (cause) {
    const { seen, todo } = untold(cause);
    return { check: { name, claim, symptom }, seen, findings: [], untold: todo };
  }
}

const marks = { ok: pc.green('[ok]'), error: pc.red('[!!]'), warning: pc.yellow('[! ]'), untold: pc.yellow('[??]') };
/** More findings of one check than these are counted, not listed. */
const mostFindings = 12;

/** A check, what was found, and what to do. */
export function formatDoctorReport({ check, seen, findings, unknown = [], untold: remedy }: DoctorReport): string {
  const isBad = findings.some(({ severity }) => severity === 'error');
  const isKnown = remedy === undefined && unknown.length === 0;
  const mark = isBad ? 'error' : !isKnown ? 'untold' : findings.length > 0 ? 'warning' : 'ok';
  const lines = [`${marks[mark]} ${check.name}: ${check.claim}`];
  if (remedy !== undefined) return [...lines, `     could not be told: ${seen}`, `     do: ${remedy}`].join('\n');
  if (findings.length === 0) lines.push(pc.dim(`     ${seen}`));
  for (const { severity, problem, where, remedy: todo } of findings.slice(0, mostFindings)) {
    lines.push(`     - ${severity === 'warning' ? 'warning: ' : ''}${where}: ${problem}`, `       do: ${todo}`);
  }
  if (findings.length > mostFindings) lines.push(`     - and ${findings.length - mostFindings} more`);
  for (const text of unknown) lines.push(`     - could not be told: ${text}`);
  return lines.join('\n');
}

/** How many of each, in one line. */
export function formatDoctorSummary(reports: readonly DoctorReport[]): string {
  const findings = reports.flatMap((report) => report.findings);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  const unknown = reports.filter(isUntold).map(({ check }) => check.name);
  const parts = [
    findings.length === 0 ? `Nothing is wrong in ${count(reports.length, 'check')}` : '',
    errors === 0 ? '' : count(errors, 'error'),
    warnings === 0 ? '' : count(warnings, 'warning'),
    unknown.length === 0 ? '' : `could not be told: ${unknown.join(', ')}`,
  ];
  return `${parts.filter((part) => part !== '').join('; ')}.`;
}

/** 1: an error was found; 3: none, but not all could be told; else 0, also with warnings. */
export function exitCodeOfDoctor(reports: readonly DoctorReport[]): 0 | 1 | 3 {
  if (reports.some(({ findings }) => findings.some(({ severity }) => severity === 'error'))) return 1;
  return reports.some(isUntold) ? 3 : 0;
}

function isUntold({ untold: remedy, unknown = [] }: DoctorReport): boolean {
  return remedy !== undefined || unknown.length > 0;
}
