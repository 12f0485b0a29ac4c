import type { Aspects, Section, Value } from './baseline';
import type { Difference } from './compare';
import { textOf } from './words';

/** What a thing of a section is called, where its identity does not say it. */
const nouns: Readonly<Record<Section, string>> = {
  namespaces: 'namespace ',
  kinds: 'kind ',
  workloads: '',
  claims: 'PersistentVolumeClaim ',
  claimTemplates: 'claim template ',
  services: 'Service ',
  budgets: 'PodDisruptionBudget ',
  bindings: '',
  priorityClasses: 'PriorityClass ',
  accounts: 'ServiceAccount ',
  secrets: 'Secret ',
  topics: 'topic ',
  consumerGroups: 'consumer group ',
  buckets: 'bucket ',
  databases: 'database ',
  alerts: 'alert ',
  series: 'series ',
  dashboards: 'dashboard ',
};

/** What changed, and what it breaks: a line each, those that break something first. */
export function reportOf(environment: string, all: readonly Difference[]): readonly string[] {
  const breaking = all.filter(({ breaks }) => breaks !== undefined);
  const others = all.filter(({ breaks }) => breaks === undefined);
  return [
    ...breaking.map((each) => `${environment}: ${describe(each)}: ${each.breaks ?? ''}.`),
    ...others.map((each) => `${environment}: ${describe(each)}.`),
  ];
}

/** What exactly is another than it was. */
export function describe({ section, id, aspect, was, is }: Difference): string {
  const thing = `${nouns[section]}${id}`;
  if (aspect === undefined) return is === undefined ? `${thing} is gone` : `${thing} is new${said(is as Aspects)}`;
  if (was === undefined) return `${thing} has ${aspect} ${textOf(is as Value)}`;
  if (is === undefined) return `${thing} has no ${aspect} any more, which was ${textOf(was as Value)}`;
  return `${thing} has another ${aspect}, ${textOf(is as Value)} instead of ${textOf(was as Value)}`;
}

function said(aspects: Aspects): string {
  const entries = Object.entries(aspects);
  return entries.length === 0 ? '' : ` (${entries.map(([name, value]) => `${name} ${textOf(value)}`).join(', ')})`;
}
