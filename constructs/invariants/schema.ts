import { customKinds, type CustomKinds } from './custom-resources';
import {
  loadKubernetesTypes,
  oldestMinor,
  type KubernetesTypes,
  type ObjectType,
  type Shape,
} from './kubernetes-types';
import { alternatives, choices, enumerations } from './kubernetes-values';
import type { Invariant, KubeObject } from './model';
import { describeObject } from './model';
import { isQuantity } from './quantity';

/** Fault at a path of an object. */
interface Fault {
  readonly path: string;
  readonly message: string;
}

const loaded = new Map<string, KubernetesTypes>();

/**
 * The invariant that every other one relies on: each object is what the API server would accept field by field.
 *
 * @param definitions CustomResourceDefinitions whose kinds are known besides the built-in ones.
 * @param minor version of Kubernetes, such as `1.33`
 * @throws {InvalidPropError} when it checks, for a version whose types are not installed
 */
export function schemaInvariant(definitions: readonly KubeObject[] = [], minor = oldestMinor): Invariant {
  const custom = customKinds(definitions);
  const id = 'schema';
  return {
    id,
    statement:
      'Every field exists in the API of the environment’s version of Kubernetes, 1.28 unless it names another, or in the CRD of its kind, has the right type and one of the values allowed; required fields are there, and those that the CRD has a default for.',
    reason:
      'The API server drops a misspelt field silently, and what it was to set is missing only at run time. A default that it adds is a difference to what is rendered for ever.',
    check: (objects) =>
      objects.flatMap((object) =>
        checkObject(object, custom, minor).map((fault) => ({
          invariant: id,
          object: describeObject(object),
          ...fault,
        })),
      ),
  };
}

function checkObject(object: KubeObject, custom: CustomKinds, minor: string): readonly Fault[] {
  const builtIn = loaded.get(minor) ?? loadKubernetesTypes(minor);
  loaded.set(minor, builtIn);
  const type = builtIn.kind(object.apiVersion, object.kind);
  const metadata = builtIn.kind('v1', 'ConfigMap')?.fields.get('metadata');
  if (type !== undefined) {
    const nameless = typeof object.metadata.name === 'string' ? [] : [fault('metadata.name', 'is required')];
    return [...nameless, ...checkFields(object, type, '', builtIn)];
  }
  const validate = custom.get(object.apiVersion, object.kind);
  if (validate === undefined || metadata === undefined) {
    return [
      fault('kind', `${object.apiVersion} ${object.kind} is not in the Kubernetes ${minor} API and has no CRD here`),
    ];
  }
  return [...checkShape(object.metadata, metadata.shape, 'metadata', '', builtIn), ...validate(object)];
}

function checkFields(
  value: Readonly<Record<string, unknown>>,
  type: ObjectType,
  path: string,
  types: KubernetesTypes,
): readonly Fault[] {
  const faults: Fault[] = [];
  for (const [name, fieldValue] of Object.entries(value)) {
    const field = type.fields.get(name);
    const at = path === '' ? name : `${path}.${name}`;
    if (field === undefined) faults.push(fault(at, `is not a field of ${shortName(type)}`));
    else if (fieldValue === null) faults.push(fault(at, 'is null'));
    else faults.push(...checkShape(fieldValue, field.shape, at, `${type.name}#${name}`, types));
  }
  for (const [name, field] of type.fields) {
    if (field.required && value[name] === undefined) {
      faults.push(fault(path === '' ? name : `${path}.${name}`, `is required in ${shortName(type)}`));
    }
  }
  return [...faults, ...checkAlternatives(value, type, path)];
}

function checkAlternatives(value: Readonly<Record<string, unknown>>, type: ObjectType, path: string): readonly Fault[] {
  const common = choices[type.name];
  const rule =
    common === undefined
      ? alternatives[type.name]
      : { fields: Array.from(type.fields.keys()).filter((name) => !common.includes(name)), least: 1 };
  if (rule === undefined) return [];
  const set = rule.fields.filter((name) => value[name] !== undefined);
  if (set.length > 1) return [fault(path, `sets ${set.join(' and ')}, of which only one may be set`)];
  return set.length < rule.least ? [fault(path, `sets none of the alternatives of ${shortName(type)}`)] : [];
}

function checkShape(
  value: unknown,
  shape: Shape,
  path: string,
  field: string,
  types: KubernetesTypes,
): readonly Fault[] {
  switch (shape.is) {
    case 'any':
      return [];
    case 'list':
      if (!Array.isArray(value)) return [expected('a list', value, path)];
      return value.flatMap((item, index) => checkShape(item, shape.of, `${path}[${index}]`, field, types));
    case 'map':
      if (!isMap(value)) return [expected('a map', value, path)];
      return Object.entries(value).flatMap(([key, item]) => checkShape(item, shape.of, `${path}.${key}`, field, types));
    case 'object':
      return isMap(value) ? checkFields(value, types.type(shape.type), path, types) : [expected('a map', value, path)];
    case 'boolean':
      return typeof value === 'boolean' ? [] : [expected('true or false', value, path)];
    case 'integer':
      return Number.isSafeInteger(value) ? [] : [expected('an integer', value, path)];
    case 'number':
      return typeof value === 'number' ? [] : [expected('a number', value, path)];
    case 'intOrString':
      return typeof value === 'string' || Number.isSafeInteger(value)
        ? []
        : [expected('an integer or a string', value, path)];
    case 'quantity':
      return (typeof value === 'string' || typeof value === 'number') && isQuantity(String(value))
        ? []
        : [expected('a quantity such as 100m or 1Gi', value, path)];
    case 'date':
      return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? [] : [expected('a time', value, path)];
    case 'string':
      return checkString(value, path, field);
  }
}

function checkString(value: unknown, path: string, field: string): readonly Fault[] {
  if (typeof value !== 'string') return [expected('a string', value, path)];
  const allowed = enumerations[field];
  if (allowed === undefined || allowed.includes(value)) return [];
  return [expected(`one of ${allowed.join(', ')}`, value, path)];
}

function fault(path: string, message: string): Fault {
  return { path, message };
}

function expected(what: string, value: unknown, path: string): Fault {
  return fault(path, `must be ${what}, is ${JSON.stringify(value).slice(0, 80)}`);
}

function shortName({ name }: ObjectType): string {
  return name.replace(/^.*\./, '');
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
