import { catalog } from '../install/catalog';
import { code, page, table } from '../markdown';
import { checkers, type CheckerName } from './finding';
import type { Exception } from './judge';

/** The reference page of what checkers of manifests object to and that stays, in Markdown. */
export function checksPage(exceptions: readonly Exception[]): string {
  const environments = Array.from(new Set(exceptions.flatMap(({ count }) => Object.keys(count)))).toSorted();
  const of = (checker: CheckerName) => exceptions.filter((exception) => exception.checker === checker);
  const summary = checkers.map((checker) => [
    checker,
    catalog[checker].version,
    String(of(checker).length),
    ...environments.map((environment) => String(sum(of(checker).map(({ count }) => count[environment] ?? 0)))),
  ]);
  const introduction =
    `Two independent checkers judge all of ${code('dist/')} in ${code('npm run test:real')}, and in ${code('npm run checks')} alone. ` +
    'What they object to is mended, or is listed here with the reason why it stays. A finding that is not listed fails, and so does ' +
    `an exception that covers another number of findings than it says. The list is ${code('tools/checks/exceptions.ts')}.`;
  return page('Checks of the manifests by others', introduction, [
    table(['Checker', 'Version', 'Exceptions', ...environments.map((name) => `Findings in ${name}`)], summary),
    ...checkers.flatMap((checker) => [`## ${checker}`, ...of(checker).map(section)]),
  ]);
}

function section({ check, message, covers, count, reason }: Exception): string {
  const counts = Object.entries(count).map(([environment, findings]) => `${environment}: ${findings}`);
  const objects = covers === 'all' ? 'every object it is about' : covers.map(code).join(', ');
  const what = message === undefined ? code(check) : `${code(check)}: ${message}`;
  return [`### ${what}`, reason, `Covers ${objects}. Findings: ${counts.join(', ')}.`].join('\n\n');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
