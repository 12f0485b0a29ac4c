/*
 * Which fields the configuration of a product has, and of which type, for products that cannot be started here. A schema is names alone, read from the
 * product's documentation, in a JSON file beside its construct. What nothing here uses is left out, so that it is as wrong as what there is not.
 */

/** Names of fields by their type, separated by blanks, and what is below them: whole, or by the name of a shape that several have. */
export interface SchemaSection extends Readonly<Partial<Record<FieldType, string>>> {
  /** Least and greatest of numbers. */
  readonly bounds?: Readonly<Record<string, readonly number[]>>;
  /** Values of a field, or of each entry of its list, separated by blanks. */
  readonly choices?: Readonly<Record<string, string>>;
  /** Fields that may be null. */
  readonly nullable?: string;
  /** Fields that have to be there. */
  readonly required?: string;
  readonly sections?: SchemaSections;
  /** Lists of sections. */
  readonly lists?: SchemaSections;
  /** What each entry is whose name is free. @default - no name is free */
  readonly each?: string | SchemaSection;
}

type SchemaSections = Readonly<Record<string, string | SchemaSection>>;

/** Shapes by name, for {@link SchemaSection}. */
export type SchemaShapes = Readonly<Record<string, SchemaSection>>;

type FieldType = 'string' | 'strings' | 'boolean' | 'integer' | 'number' | 'duration' | 'any';

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

/**
 * What a product would object to in a section of its configuration, each with its path; empty if there is nothing.
 *
 * @param at path of the section, with a dot at its end
 */
export function objectionsTo(
  value: unknown,
  section: string | SchemaSection,
  shapes: SchemaShapes = {},
  at = '',
): readonly string[] {
  const schema = sectionOf(section, shapes);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at.slice(0, -1)}: is no section`];
  const missing = words(schema.required).filter((name) => !(name in value));
  return [
    ...missing.map((name) => `${at}${name}: is missing`),
    ...Object.entries(value).flatMap(([key, each]: [string, unknown]) =>
      fieldObjections(key, each, schema, shapes, at),
    ),
  ];
}

function fieldObjections(
  key: string,
  value: unknown,
  schema: SchemaSection,
  shapes: SchemaShapes,
  at: string,
): readonly string[] {
  const path = `${at}${key}`;
  const below = schema.sections?.[key] ?? (typeOf(schema, key) === undefined ? schema.each : undefined);
  const list = schema.lists?.[key];
  if (value === null && words(schema.nullable).includes(key)) return [];
  if (list !== undefined) {
    if (!Array.isArray(value)) return [`${path}: is no list`];
    return value.flatMap((each, index) => objectionsTo(each, list, shapes, `${path}[${index}].`));
  }
  if (below !== undefined) return objectionsTo(value, below, shapes, `${path}.`);
  const type = typeOf(schema, key);
  if (type === undefined) return [`${path}: there is no such field`];
  if (!fits[type](value)) return [`${path}: ${JSON.stringify(value)} is no ${type}`];
  return valueObjections(key, value, schema, path);
}

function valueObjections(key: string, value: unknown, schema: SchemaSection, path: string): readonly string[] {
  const [least = -Infinity, greatest = Infinity] = schema.bounds?.[key] ?? [];
  if (typeof value === 'number' && (value < least || value > greatest))
    return [`${path}: ${value} is not from ${least} to ${greatest}`];
  const choices = schema.choices?.[key];
  if (choices === undefined) return [];
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  return given
    .filter((each) => !words(choices).includes(String(each)))
    .map((each) => `${path}: ${JSON.stringify(each)} is none of ${words(choices).join(', ')}`);
}

/** Of which type a field is. @returns undefined if there is none of this name, or it is a section */
function typeOf(schema: SchemaSection, key: string): FieldType | undefined {
  return types.find((type) => words(schema[type]).includes(key));
}

/** Whether a section has a field, a section or a list of this name. */
export function hasField(schema: SchemaSection, key: string): boolean {
  return typeOf(schema, key) !== undefined || schema.sections?.[key] !== undefined || schema.lists?.[key] !== undefined;
}

/** The names of a schema. */
export function words(text: string | undefined): readonly string[] {
  return text === undefined || text === '' ? [] : text.split(' ');
}

function sectionOf(section: string | SchemaSection, shapes: SchemaShapes): SchemaSection {
  const found = typeof section === 'string' ? shapes[section] : section;
  if (found === undefined) throw new Error(`the schema has no such shape: ${JSON.stringify(section)}`);
  return found;
}
