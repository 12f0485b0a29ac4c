import type { Comparison, Outline } from './compare';

/** What a backtest found. */
export interface BacktestResult {
  /** What was set on top of the baseline. */
  readonly settings: Readonly<Record<string, string>>;
  readonly incidents: { readonly baseline: number; readonly withSettings: number };
  readonly comparison: Comparison;
  /** Why one of the replays judged nothing, in words. */
  readonly tooShort?: { readonly baseline?: string; readonly withSettings?: string };
}

/** A result for a terminal. */
export function formatBacktest({ settings, incidents, comparison, tooShort }: BacktestResult): string {
  const { gone, added, changed, same } = comparison;
  const assignments = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const lines = [
    `As it is set now        ${count(incidents.baseline)}${because(tooShort?.baseline)}`,
    (assignments.length === 0 ? 'Nothing was set' : assignments.join(' ')).padEnd(23) +
      ` would have opened ${count(incidents.withSettings)}${because(tooShort?.withSettings)}`,
  ];
  if (gone.length + added.length + changed.length === 0) return [...lines, 'No incident differs.'].join('\n');
  for (const incident of gone) lines.push(`- ${describe(incident)}`);
  for (const incident of added) lines.push(`+ ${describe(incident)}`);
  for (const { before, after } of changed) lines.push(`< ${describe(before)}`, `> ${describe(after)}`);
  if (same > 0) lines.push(`${same} alike`);
  return lines.join('\n');
}

function count(incidents: number): string {
  return `${incidents} ${incidents === 1 ? 'incident' : 'incidents'}`;
}

function because(reason: string | undefined): string {
  return reason === undefined ? '' : ` (${reason})`;
}

function describe({ openedAt, severity, title, firstCause }: Outline): string {
  return `${openedAt}  ${severity.padEnd(8)}  ${title}, ${firstCause ?? 'no clear cause'}`;
}
