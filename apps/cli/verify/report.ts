import pc from 'picocolors';
import { count, type Outcome } from './check';
import type { CheckReport } from './run';

/** Marks of a line on a terminal. */
export const outcomeMarks: Readonly<Record<Outcome['result'], string>> = {
  passed: pc.green('[ok]'),
  failed: pc.red('[!!]'),
  unknown: pc.yellow('[??]'),
};

/** More than these things are counted, not listed. */
const mostDetails = 10;

/** A check and what was seen, and what to do where it does not hold. */
export function formatReport({ check, outcome }: CheckReport): string {
  return [`${outcomeMarks[outcome.result]} ${check.name}: ${check.claim}`, ...formatOutcome(outcome)].join('\n');
}

/** What was seen and what to do, indented. */
export function formatOutcome(outcome: Outcome): readonly string[] {
  const prefix = outcome.result === 'unknown' ? 'could not be told: ' : '';
  const lines = [`     ${prefix}${outcome.seen}`];
  if (outcome.result === 'passed') return lines.map((line) => pc.dim(line));
  const { details = [], todo } = outcome;
  lines.push(...details.slice(0, mostDetails).map((detail) => `     - ${detail}`));
  if (details.length > mostDetails) lines.push(`     - and ${details.length - mostDetails} more`);
  return [...lines, `     do: ${todo}`];
}

/** How many of each, in one line. */
export function formatSummary(reports: readonly CheckReport[]): string {
  const named = (result: Outcome['result']) =>
    reports.filter(({ outcome }) => outcome.result === result).map(({ check }) => check.name);
  const [failedNames, unknownNames] = [named('failed'), named('unknown')];
  if (failedNames.length === 0 && unknownNames.length === 0) return `All ${count(reports.length, 'check')} passed.`;
  const parts = [`${named('passed').length} of ${count(reports.length, 'check')} passed`];
  if (failedNames.length > 0) parts.push(`failed: ${failedNames.join(', ')}`);
  if (unknownNames.length > 0) parts.push(`could not be told: ${unknownNames.join(', ')}`);
  return `${parts.join('; ')}.`;
}
