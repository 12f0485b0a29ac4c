/*
 * Makes `constructs/streaming/redpanda-schema.json` of the list of properties that Redpanda's documentation publishes for each version:
 *
 *   node --import tsx tools/schemas/redpanda.ts redpanda-properties-v25.3.1.json
 *
 * @see https://github.com/redpanda-data/docs/tree/main/modules/reference/attachments
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { SchemaSection } from '../../constructs/core/config-schema.testing';
import { besides, keptProperties, namedOtherwise, ownTypes, shapes } from './redpanda-kept';

/** What is read of a property. */
export interface DocumentedProperty {
  readonly name: string;
  readonly config_scope: string;
  readonly type: string;
  readonly items?: { readonly type: string; readonly enum?: readonly string[] };
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
  readonly nullable?: boolean;
  readonly needs_restart?: boolean;
  readonly is_deprecated?: boolean;
}

/** Sections of a node's file and of the cluster, and which properties of the cluster hold from the next start only. */
export interface RedpandaSchema {
  readonly source: string;
  readonly shapes: Readonly<Record<string, SchemaSection>>;
  readonly node: SchemaSection;
  readonly cluster: SchemaSection;
  readonly restart: string;
}

type Writable = { -readonly [key in keyof SchemaSection]: SchemaSection[key] };

/** @throws {Error} if a property that is kept is not documented any more */
export function redpandaSchema(documented: readonly DocumentedProperty[], source: string): RedpandaSchema {
  const found = keptProperties.map((name) => {
    const listed = documented.find((property) => property.name === (namedOtherwise[name] ?? name));
    if (listed === undefined || listed.is_deprecated === true) throw new Error(`${source} has no property ${name}`);
    return { ...listed, name };
  });
  const inScope = (scope: string) => found.filter(({ config_scope }) => config_scope === scope);
  const restart = inScope('cluster').filter(({ needs_restart }) => needs_restart);
  return {
    source,
    shapes,
    node: sectionOf(inScope('broker')),
    cluster: sectionOf(inScope('cluster')),
    restart: restart.map(({ name }) => name).join(' '),
  };
}

function sectionOf(properties: readonly DocumentedProperty[]): SchemaSection {
  const section: Writable = {};
  for (const property of properties) {
    const { name, minimum, maximum } = property;
    const below = ownTypes[name];
    if (below?.list === true) section.lists = { ...section.lists, [name]: below.shape };
    else if (below !== undefined) section.sections = { ...section.sections, [name]: below.shape };
    else {
      const type = typeOf(property);
      section[type] = joined(section[type], name);
    }
    const documented = minimum === undefined || maximum === undefined ? undefined : [minimum, maximum];
    const bounds = besides.bounds?.[name] ?? documented;
    if (bounds !== undefined) section.bounds = { ...section.bounds, [name]: bounds };
    const choices = besides.choices?.[name] ?? (property.enum ?? property.items?.enum)?.join(' ');
    if (choices !== undefined) section.choices = { ...section.choices, [name]: choices };
    if (property.nullable === true) section.nullable = joined(section.nullable, name);
  }
  return section;
}

function joined(names: string | undefined, name: string): string {
  return names === undefined ? name : `${names} ${name}`;
}

function typeOf({ name, type, items }: DocumentedProperty): 'string' | 'strings' | 'boolean' | 'integer' | 'number' {
  if (type === 'array' && items?.type === 'string') return 'strings';
  // Milliseconds, of which -1 is for ever.
  if (type === 'retention_duration_property') return 'integer';
  if (type === 'string' || type === 'boolean' || type === 'integer' || type === 'number') return type;
  throw new Error(`${name} is of a type that is not known: ${type}`);
}

if (require.main === module) {
  const [path = ''] = process.argv.slice(2);
  const { properties } = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly properties: Readonly<Record<string, DocumentedProperty>>;
  };
  const made = redpandaSchema(Object.values(properties), basename(path));
  const target = join(__dirname, '..', '..', 'constructs', 'streaming', 'redpanda-schema.json');
  writeFileSync(target, `${JSON.stringify(made, null, 2)}\n`);
}
