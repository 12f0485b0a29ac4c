import type { PlatformApp } from '../../constructs';
import { code, page, table } from '../../tools/markdown';
import { fenced } from '../dashboards';
import { evidenceOf } from './evidence';
import { answer, useCases, type AnsweredUseCase } from './index';

/** The page of all use cases: where each is looked at and who tells of it, with the queries. */
export function useCasesPage(app: PlatformApp): string {
  const answered = answer(app, useCases);
  const categories = [...new Set(answered.map(({ category }) => category))];
  return page(
    'Use cases',
    `What the environment ${code('enterprise')} answers: each of ${answered.length} use cases with the panels where it is looked at, what ` +
      'they ask, and the rules that tell somebody. Panels are in [dashboards](dashboards.md), rules in [alerts](alerts.md).',
    [overview(answered), ...categories.map((each) => section(each, answered))],
  );
}

function overview(answered: readonly AnsweredUseCase[]): string {
  return table(
    ['#', 'Category', 'Use case', 'Panels', 'Rules'],
    answered.map(({ category, name, shown, rules }, index) => [
      String(index + 1),
      category,
      name,
      shown.map(({ dashboard, panel }) => `${dashboard}: ${panel}`).join('<br>'),
      rules.map((rule) => `[${rule.name}](../runbooks/${rule.runbook ?? rule.name}.md)`).join('<br>'),
    ]),
  );
}

function section(category: string, answered: readonly AnsweredUseCase[]): string {
  const cases = answered.filter((each) => each.category === category);
  return [`## ${category}`, ...cases.map(described)].join('\n\n');
}

function seen(dashboard: string, panel: string): string {
  const { seenBy, cannot = '' } = evidenceOf(dashboard, panel);
  return seenBy === undefined ? `(no row was seen here: ${cannot})` : `(rows seen by ${code(seenBy)})`;
}

function described({ area, name, note, shown, rules }: AnsweredUseCase): string {
  const panels = shown.map(({ dashboard, panel, queries }) =>
    [`**${dashboard}: ${panel}** ${seen(dashboard, panel)}`, ...queries.map(fenced)].join('\n\n'),
  );
  const told = rules.map((rule) => `**${rule.name}** (${rule.severity})\n\n\`\`\`\n${rule.expr}\n\`\`\``);
  return [`### ${name}`, `${area}.${note === undefined ? '' : ` ${note}`}`, ...panels, ...told].join('\n\n');
}
