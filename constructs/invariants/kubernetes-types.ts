import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { InvalidPropError } from '../core/errors';

/** The shape of a value of the Kubernetes API. */
export type Shape =
  | { readonly is: 'string' | 'boolean' | 'integer' | 'number' | 'date' | 'any' | 'intOrString' | 'quantity' }
  | { readonly is: 'list' | 'map'; readonly of: Shape }
  | { readonly is: 'object'; readonly type: string };

/** A field of an object type. */
export interface Field {
  readonly shape: Shape;
  readonly required: boolean;
}

/** An object type: its fields by their name in YAML. */
export interface ObjectType {
  /** Name in the OpenAPI document, e.g. `io.k8s.api.core.v1.Container`. */
  readonly name: string;
  readonly fields: ReadonlyMap<string, Field>;
}

/** The types of the built-in Kubernetes API. */
export interface KubernetesTypes {
  /** The type of a kind, `undefined` when the API does not have it. */
  readonly kind: (apiVersion: string, kind: string) => ObjectType | undefined;
  /** A type by {@link Shape.type}. */
  readonly type: (reference: string) => ObjectType;
}

/** The jsii assembly describes each type that `cdk8s import k8s` generated from the OpenAPI document. */
interface Assembly {
  readonly types: Readonly<Record<string, AssemblyType>>;
}

interface AssemblyType {
  readonly kind: 'class' | 'interface' | 'enum';
  readonly docs?: { readonly custom?: { readonly schema?: string } };
  readonly properties?: readonly {
    readonly name: string;
    readonly optional?: boolean;
    readonly type: TypeReference;
    readonly docs?: { readonly custom?: { readonly schema?: string } };
  }[];
}

interface TypeReference {
  readonly fqn?: string;
  readonly primitive?: string;
  readonly collection?: { readonly kind: 'array' | 'map'; readonly elementtype: TypeReference };
}

/** The few fields of the API that hold fractions; every other number is an integer. */
const fractions = new Set(['maximum', 'minimum', 'multipleOf']);

/** The version that constructs are written against: the oldest whose fields are all typed here. */
export const oldestMinor = '1.28';

/**
 * The API of a minor version of Kubernetes as cdk8s imported it from the OpenAPI document: all fields, their types, which are required.
 * It is read from `cdk8s-plus-<minor>`, which whoever names another version than {@link oldestMinor} has installed.
 *
 * @param minor such as `1.33`
 * @throws {InvalidPropError} for what is no version, or one whose package is not installed
 */
export function loadKubernetesTypes(minor: string = oldestMinor): KubernetesTypes {
  const [, number] = /^1\.(\d{2})$/.exec(minor) ?? [];
  if (number === undefined) throw new InvalidPropError('kubernetes', minor, 'a minor version such as 1.33');
  const name = `cdk8s-plus-${number}`;
  const assembly = JSON.parse(readFileSync(join(folderOf(name, minor), '.jsii'), 'utf8')) as Assembly;
  const prefix = `${name}.k8s.`;
  const { k8s } = createRequire(__filename)(name) as { readonly k8s: Readonly<Record<string, unknown>> };
  const propsByKind = new Map<string, string>();
  for (const [member, value] of Object.entries(k8s)) {
    if (typeof value === 'function' && 'GVK' in value) {
      const { apiVersion, kind } = value.GVK as { apiVersion: string; kind: string };
      propsByKind.set(`${apiVersion}/${kind}`, `${prefix}${member}Props`);
    }
  }
  const types = new Map<string, ObjectType>();
  const type = (reference: string): ObjectType => {
    const known = types.get(reference);
    if (known !== undefined) return known;
    const read = readType(assembly, reference, prefix);
    types.set(reference, read);
    return read;
  };
  return {
    type,
    kind: (apiVersion, kind) => {
      const reference = propsByKind.get(`${apiVersion}/${kind}`);
      return reference === undefined ? undefined : type(reference);
    },
  };
}

function folderOf(name: string, minor: string): string {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    throw new InvalidPropError(
      'kubernetes',
      minor,
      `a version whose types are installed: npm install --save-dev ${name}`,
    );
  }
}

function readType(assembly: Assembly, reference: string, prefix: string): ObjectType {
  const found = assembly.types[reference];
  if (found?.kind !== 'interface') throw new Error(`${prefix} has no object type ${reference}`);
  const fields = new Map<string, Field>();
  for (const { name, optional, type, docs } of found.properties ?? []) {
    const yamlName = docs?.custom?.schema?.split('#')[1] ?? name;
    fields.set(yamlName, { shape: shapeOf(assembly, type, yamlName, prefix), required: optional !== true });
  }
  // Props of a kind leave out the two fields that the class writes; claim templates are typed as such props too.
  if (/\.Kube\w+Props$/.test(reference)) {
    fields.set('apiVersion', { shape: { is: 'string' }, required: false });
    fields.set('kind', { shape: { is: 'string' }, required: false });
  }
  return { name: found.docs?.custom?.schema ?? reference, fields };
}

function shapeOf(
  assembly: Assembly,
  { fqn, primitive, collection }: TypeReference,
  field: string,
  prefix: string,
): Shape {
  if (collection !== undefined) {
    return {
      is: collection.kind === 'array' ? 'list' : 'map',
      of: shapeOf(assembly, collection.elementtype, field, prefix),
    };
  }
  if (fqn === `${prefix}IntOrString`) return { is: 'intOrString' };
  if (fqn === `${prefix}Quantity`) return { is: 'quantity' };
  if (fqn !== undefined) {
    return assembly.types[fqn]?.kind === 'enum' ? { is: 'string' } : { is: 'object', type: fqn };
  }
  switch (primitive) {
    case 'string':
    case 'boolean':
    case 'date':
      return { is: primitive };
    case 'number':
      return { is: fractions.has(field) ? 'number' : 'integer' };
    default:
      return { is: 'any' };
  }
}
