import schema from './mimir-schema.json';

/*
 * Which fields Mimir's configuration has, and of which type: names alone, read from the reference of the commit that `tools/pins/mimir` pins.
 * Sections that nothing here uses are left out, so that a field of them is as wrong as one that there is not: Kafka, other rings' stores than
 * memberlist, other buckets than S3, Alertmanager, and where the ruler was told of one before Mimir 3.
 *
 * @see https://grafana.com/docs/mimir/v3.1.x/configure/configuration-parameters/
 */

/** Names of fields by their type, separated by blanks, and sections by name: whole, or by the name of a shape that several have. */
interface Section extends Readonly<Partial<Record<FieldType, string>>> {
  readonly sections?: Readonly<Record<string, string | Section>>;
}

type FieldType = 'string' | 'strings' | 'boolean' | 'integer' | 'number' | 'duration' | 'any';

const shapes: Readonly<Record<string, Section>> = schema.shapes;
const root: Section = schema.root;

/** As Go reads it; of limits and of Prometheus' own there are days, weeks and years, too. */
const duration = /^0$|^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d|w|y))+$/;

const fits: Readonly<Record<FieldType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  strings: (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
  number: (value) => typeof value === 'number',
  duration: (value) => typeof value === 'string' && duration.test(value),
  any: () => true,
};

const types = Object.keys(fits) as FieldType[];

/** What Mimir would object to in a configuration, each with its path; empty if there is nothing. */
export function mimirObjections(config: unknown): readonly string[] {
  return objectionsTo(config, root, '');
}

/** {@link mimirObjections} to limits of tenants, as the file has them that Mimir reads again and again. */
export function mimirOverridesObjections(file: unknown): readonly string[] {
  const limits = sectionOf(root.sections?.limits);
  const { overrides, ...others } = (file ?? {}) as { readonly overrides?: Readonly<Record<string, unknown>> };
  return [
    ...Object.keys(others).map((key) => `${key}: there is no such field`),
    ...Object.entries(overrides ?? {}).flatMap(([tenant, each]) => objectionsTo(each, limits, `overrides.${tenant}.`)),
  ];
}

function objectionsTo(value: unknown, section: Section, at: string): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at.slice(0, -1)}: is no section`];
  return Object.entries(value).flatMap(([key, each]: [string, unknown]) => {
    const below = section.sections?.[key];
    if (below !== undefined) return objectionsTo(each, sectionOf(below), `${at}${key}.`);
    const type = typeOf(section, key);
    if (type === undefined) return [`${at}${key}: there is no such field`];
    return fits[type](each) ? [] : [`${at}${key}: ${JSON.stringify(each)} is no ${type}`];
  });
}

function typeOf(section: Section, key: string): FieldType | undefined {
  return types.find((type) => section[type]?.split(' ').includes(key));
}

function sectionOf(below: string | Section | undefined): Section {
  const section = typeof below === 'string' ? shapes[below] : below;
  if (section === undefined) throw new Error(`the schema has no such shape: ${JSON.stringify(below)}`);
  return section;
}
