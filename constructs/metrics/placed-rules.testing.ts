import { parse } from 'yaml';
import type { RuleGroup } from '../core/rule-groups';
import type { KubeObject } from '../invariants';

/** Who evaluates rules: the name of a ConfigMap, before `-rules`. */
export type Evaluator = 'prometheus' | 'mimir';

/** Every rule file that is rendered for an evaluator, by its name. */
export function ruleFilesOf(objects: readonly KubeObject[], evaluator: string): Readonly<Record<string, string>> {
  const found = objects.filter((object) => isOfRules(object, evaluator));
  return Object.assign({}, ...found.map(({ data }) => data as object)) as Readonly<Record<string, string>>;
}

/** Whether it is a ConfigMap, of which there are as many as they need, with rules for an evaluator. */
export function isOfRules({ kind, metadata: { name } }: KubeObject, evaluator: string): boolean {
  const first = `${evaluator}-rules`;
  return kind === 'ConfigMap' && (name === first || name.startsWith(`${first}-`));
}

export function groupsOf(objects: readonly KubeObject[], evaluator: string): readonly RuleGroup[] {
  return Object.values(ruleFilesOf(objects, evaluator)).flatMap(
    (text) => (parse(text) as { readonly groups: readonly RuleGroup[] }).groups,
  );
}

/** What tells a rule from others, wherever it is evaluated: by whose file, and its name. */
function rulesIn(files: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(files).flatMap(([file, text]) =>
    (parse(text) as { readonly groups: readonly RuleGroup[] }).groups.flatMap(({ name, rules }) =>
      rules.map(({ alert, record }) => `${file} ${name} ${alert ?? record ?? ''}`),
    ),
  );
}

/** Where each rule is evaluated: `tempo.yml tempo TempoDown` → `['mimir']`. */
export function placesOf(objects: readonly KubeObject[]): ReadonlyMap<string, readonly Evaluator[]> {
  const places = new Map<string, Evaluator[]>();
  for (const evaluator of ['prometheus', 'mimir'] as const)
    for (const rule of new Set(rulesIn(ruleFilesOf(objects, evaluator))))
      places.set(rule, [...(places.get(rule) ?? []), evaluator]);
  return places;
}

/** Rules that nobody evaluates, or more than one, of those that there are to be. */
export function misplaced(objects: readonly KubeObject[], wanted: readonly string[]): readonly string[] {
  const places = placesOf(objects);
  return [...new Set([...wanted, ...places.keys()])].filter((rule) => places.get(rule)?.length !== 1);
}
