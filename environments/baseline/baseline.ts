import { compareText } from '../../constructs/core/content-hash';

/* What those who run the platform rely on, of one environment: what cannot change without breaking something of theirs. */

/** What is kept, in the order of the file. */
export const sections = [
  'namespaces',
  'kinds',
  'workloads',
  'claims',
  'claimTemplates',
  'services',
  'budgets',
  'bindings',
  'priorityClasses',
  'accounts',
  'secrets',
  'topics',
  'consumerGroups',
  'buckets',
  'databases',
  'alerts',
  'series',
  'dashboards',
] as const;

export type Section = (typeof sections)[number];

export type Value = string | number | boolean;

/** What holds of a thing, by name; nothing where its own name is all. */
export type Aspects = Readonly<Record<string, Value>>;

/** Things of one section by identity: `namespace/name` of an object, its kind before it where a section has several. */
export type Things = Readonly<Record<string, Aspects>>;

export type Baseline = Readonly<Record<Section, Things>>;

/** A baseline of parts, each thing and aspect in order of its name. */
export function baseline(parts: Partial<Baseline>): Baseline {
  return Object.fromEntries(
    sections.map((section) => [
      section,
      ordered(Object.entries(parts[section] ?? {}).map(([id, aspects]) => [id, ordered(Object.entries(aspects))])),
    ]),
  ) as Record<Section, Things>;
}

/** Things of which the name is all. */
export function names(all: Iterable<string>): Things {
  return Object.fromEntries(Array.from(all, (name) => [name, {}]));
}

function ordered<T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> {
  return Object.fromEntries(entries.toSorted(([a], [b]) => compareText(a, b)));
}
